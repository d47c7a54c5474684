"""The command `under500`: its verbs come from the entry points of the group `under500.verbs`."""

from __future__ import annotations

from importlib.metadata import entry_points

import typer

from harness.cli.output import plain_errors

app = typer.Typer(
    name="under500",
    help="Take a support assistant that really needs 3.2 s under 500 ms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Keeps `under500` a group of verbs, even with one installed."""


for _verb in sorted(entry_points(group="under500.verbs"), key=lambda entry: entry.name):
    app.command(_verb.name)(plain_errors(_verb.load()))

"""The command `under500`: its verbs come from the entry points of the group `under500.verbs`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

import typer

from harness.cli.output import plain_errors

app = typer.Typer(
    name="under500",
    help="Take a slow support assistant from 3.2 s to under 500 ms.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Keep `under500` a group of verbs even if only one is installed."""


def _add(name: str, verb: Any) -> None:
    """Add a verb, which is a function or a group of verbs (a Typer app), with plain errors."""
    if not isinstance(verb, typer.Typer):
        app.command(name)(plain_errors(verb))
        return
    parts = [*verb.registered_commands, verb.registered_callback]
    for part in parts:
        if part is not None and part.callback:
            part.callback = plain_errors(part.callback)
    app.add_typer(verb, name=name)


for _verb in sorted(entry_points(group="under500.verbs"), key=lambda entry: entry.name):
    _add(_verb.name, _verb.load())

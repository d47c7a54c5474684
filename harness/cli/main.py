"""The command `under500`: its verbs are the entry points of two groups, learners' and instructors'."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points, version
from typing import Annotated, Any

import typer

from harness.cli.output import WRONG_USE, console, plain_errors, problems, say

PANELS = {"under500.verbs": "For learners", "under500.instructor_verbs": "For instructors"}
WINDOWS = (
    "under500: Windows itself is not supported, because grading needs a Unix system: install WSL 2 "
    "(run `wsl --install` once) and start again in its terminal, as on Linux."
)

app = typer.Typer(
    name="under500",
    help="Take a slow support assistant from 3.2 s to under 500 ms.",
    epilog="Without a command, under500 says what to do next.",
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"under500 {version('under500')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _group(
    context: typer.Context,
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    if sys.platform == "win32":
        say(WINDOWS, problems)
        raise typer.Exit(WRONG_USE)
    if context.invoked_subcommand is None:
        plain_errors(_say_what_next)()


def _say_what_next() -> None:
    from harness.progress.next_step import next_step  # imported only when it is asked for

    say(str(next_step()))
    console.print("All commands: under500 --help", highlight=False, style="dim")


def _add(name: str, verb: Any, panel: str) -> None:
    """Add a verb, which is a function or a group of verbs (a Typer app), with plain errors."""
    if not isinstance(verb, typer.Typer):
        app.command(name, rich_help_panel=panel)(plain_errors(verb))
        return
    parts = [*verb.registered_commands, verb.registered_callback]
    for part in parts:
        if part is not None and part.callback:
            part.callback = plain_errors(part.callback)
    app.add_typer(verb, name=name, rich_help_panel=panel)


for _verbs, _panel in PANELS.items():
    for _verb in sorted(entry_points(group=_verbs), key=lambda entry: entry.name):
        _add(_verb.name, _verb.load(), _panel)

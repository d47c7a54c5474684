"""The page docs/commands.md, made from the command itself: `python -m harness.cli.command_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
STATUS = "Exit status: 0 done, 1 the check failed, 2 wrong use, 130 interrupted."
HEAD = f"# Commands\n\n<!-- made by `make docs` -->\n\n{STATUS}"


def reference(app: typer.Typer) -> str:
    """Return the page: a section for each command of `app`, with its arguments and options."""
    sections = _sections(typer.main.get_command(app), "under500")
    return "\n\n".join([HEAD, *sections]) + "\n"


def _sections(command: Any, line: str) -> Iterator[str]:
    inner = getattr(command, "commands", {})
    if not inner or command.invoke_without_command:
        yield "\n\n".join(_section(command, line))
    for name in sorted(inner):
        yield from _sections(inner[name], f"{line} {name}")


def _section(command: Any, line: str) -> Iterator[str]:
    yield f"## {line}"
    yield "\n\n".join(" ".join(part.split()) for part in (command.help or "").split("\n\n"))
    rows = [_row(parameter) for parameter in command.params if not parameter.hidden]
    if rows:
        yield "\n".join(["| option | what it does |", "|---|---|", *rows])


def _row(parameter: Any) -> str:
    names = [*parameter.opts, *parameter.secondary_opts]
    if parameter.param_type_name == "argument":
        names = [parameter.name.upper()]
    text = " ".join((parameter.help or "").split()).replace("|", "\\|")
    return f"| {', '.join(f'`{name}`' for name in names)} | {text}{_default(parameter)} |"


def _default(parameter: Any) -> str:
    value = parameter.default
    return (
        f" Default: {value}."
        if isinstance(value, int | float | str) and value and value is not True
        else ""
    )


def main() -> int:
    """Write the page into this checkout, and return the exit status."""
    from harness.cli.main import app

    PAGE.write_text(reference(app), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

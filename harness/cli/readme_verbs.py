"""The README's table of verbs, made from the command itself: `python -m harness.cli.readme_verbs`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import typer

START = "<!-- verbs: made by `make docs` -->"
END = "<!-- end of verbs -->"
README = Path(__file__).resolve().parents[2] / "README.md"


def verbs(app: typer.Typer, prefix: str = "under500") -> Iterator[tuple[str, str]]:
    """Yield (command line, first sentence of its help) for every verb of `app`, groups included."""
    for command in app.registered_commands:
        name = command.name or command.callback.__name__.replace("_", "-")
        yield f"{prefix} {name}", _first_sentence(command.callback)
    for group in app.registered_groups:
        inner = group.typer_instance
        name = f"{prefix} {group.name}"
        if inner.registered_callback and inner.registered_callback.invoke_without_command:
            yield name, _first_sentence(inner.registered_callback.callback)
        yield from verbs(inner, name)


def with_verbs(readme: str, app: typer.Typer) -> str:
    """Return the README's text with the table of `app`'s verbs between the two markers."""
    rows = "\n".join(f"| `{line}` | {text} |" for line, text in sorted(verbs(app)))
    before, _, rest = readme.partition(START)
    return f"{before}{START}\n| command | what it does |\n|---|---|\n{rows}\n{END}{rest.partition(END)[2]}"


def _first_sentence(function: object) -> str:
    text = " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
    return text.replace("|", "\\|")


def main() -> int:
    """Write the table into the README of this checkout; return the exit status."""
    from harness.cli.main import app

    README.write_text(with_verbs(README.read_text(encoding="utf-8"), app), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

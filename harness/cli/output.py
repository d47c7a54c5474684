"""Output of verbs: tables for people, one JSON object as the last line for machines, and plain errors."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from harness.errors import PlainError, WrongUseError, readable

OK, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

# A text such as "1:100:2" is no emoji, whoever wrote it.
console = Console(emoji=False)
problems = Console(stderr=True, emoji=False)

Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON object as the last line of output.")
]


def say(sentence: str, where: Console = console) -> None:
    """Print a sentence as it is, on one line: names and answers in it are no markup."""
    where.print(sentence, markup=False, emoji=False, highlight=False, soft_wrap=True)


def require_extra(module: str, extra: str) -> None:
    """Raise WrongUseError if `module` is missing, with the command that installs the extra that brings it."""
    if find_spec(module) is None:
        raise WrongUseError(
            f"This needs {module}: run `pip install -c constraints.txt -e '.[{extra}]'` in the folder of the "
            "course, and try again."
        )


def print_json(values: Mapping[str, object]) -> None:
    """Print the values on one line of stdout, without wrapping."""
    typer.echo(json.dumps(values, default=str))  # in ASCII, because a file name may be no UTF-8


def plain_errors(verb: Callable[..., None]) -> Callable[..., None]:
    """Wrap a verb so that a PlainError becomes one sentence without a traceback, and JSON with --json."""

    @functools.wraps(verb)
    def guarded(**options: object) -> None:
        try:
            verb(**options)
        except PlainError as error:
            if options.get("as_json"):
                print_json({"error": str(error)})
            problems.print(
                f"[bold red]under500:[/] {escape(readable(str(error)))}",
                highlight=False,
                soft_wrap=True,
            )
            raise typer.Exit(WRONG_USE if isinstance(error, WrongUseError) else FAILED) from error
        except KeyboardInterrupt as interrupt:
            problems.print(
                "Stopped. What was built is kept: run the same command again to go on. "
                "A measurement begins anew."
            )
            raise typer.Exit(INTERRUPTED) from interrupt

    return guarded

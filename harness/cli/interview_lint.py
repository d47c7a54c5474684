"""under500 interview lint: content checked against its own examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.table import Table

from harness.cli.output import FAILED, Json, console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.interview.scoring.lint import Confusion


def lint(as_json: Json = False) -> None:
    """Check the rubric: every example credited, no counterexample, and the confusion of each entry."""
    from harness.interview.scoring.lint import lint as linted
    from harness.interview.scoring.rubric import rubric
    from harness.interview.scoring.score import Scorer

    found = list(linted(Scorer(rubric())))
    _show(found)
    if as_json:
        print_json(
            {
                "clean": all(confusion.clean for confusion in found),
                "rubric_sha256": rubric().sha256,
                "entries": [confusion.to_json() for confusion in found],
            }
        )
    if not all(confusion.clean for confusion in found):
        raise typer.Exit(FAILED)


def _show(found: Sequence[Confusion]) -> None:
    table = Table(title="Rubric against its own examples", title_justify="left")
    for column in ("entry", "examples credited", "counterexamples credited"):
        table.add_column(column)
    for one in found:
        style = None if one.clean else "bold red"
        credited = f"{one.credited} of {one.examples}"
        table.add_row(one.id, credited, f"{one.falsely} of {one.counterexamples}", style=style)
    console.print(table)
    for one in found:
        for sentence in one.wrong:
            console.print(f"{one.id} {escape(sentence)}", soft_wrap=True, highlight=False)

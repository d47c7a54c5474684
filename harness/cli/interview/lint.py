"""under500 interview lint: content checked against its own examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from harness.cli.output import FAILED, Json, console, print_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.interview.lint.rubric_rules import Confusion
    from harness.interview.scenario.scenario import Scenario


def lint(
    file: Annotated[
        Path | None, typer.Argument(help="A scenario's YAML alone, before it is installed.")
    ] = None,
    learn: Annotated[
        bool, typer.Option("--learn", help="Learn the hearing's weights anew: half a minute.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check content: examples credited and no counterexample, by entry; scenarios consistent and fair."""
    from harness.interview.content_files import read
    from harness.interview.scenario.scenario import Scenario, scenarios

    services = scenarios() if file is None else {file.name: read(file, Scenario)}
    broken = _services(services)
    found = _rubric() if file is None else []
    clean = all(confusion.clean for confusion in found) and not any(broken.values())
    if learn and clean:
        _learned()
    if as_json:
        from harness.interview.scoring.rubric import rubric

        entries = [confusion.to_json() for confusion in found]
        print_json(
            {
                "clean": clean,
                "rubric_sha256": rubric().sha256,
                "entries": entries,
                "scenarios": broken,
            }
        )
    if not clean:
        raise typer.Exit(FAILED)


def _learned() -> None:
    from harness.interview.scoring.classifier import ship
    from harness.interview.scoring.rubric import rubric

    with console.status("Learning what sentences sound like …"):
        path = ship(rubric())
    console.print(f"Learned: {path}", soft_wrap=True, highlight=False)


def _rubric() -> list[Confusion]:
    from harness.interview.lint.rubric_rules import lint as linted
    from harness.interview.scoring.rubric import rubric
    from harness.interview.scoring.score import Scorer

    found = list(linted(Scorer(rubric())))
    _show(found)
    return found


def _services(services: Mapping[str, Scenario]) -> dict[str, list[str]]:
    """By scenario, the rules that it breaks; shown as they are checked."""
    from harness.interview.lint.scenario_rules import broken_rules

    broken = {name: list(broken_rules(service)) for name, service in services.items()}
    for name, rules in broken.items():
        console.print(
            f"{name} {'[bold red]breaks[/]' if rules else 'keeps'} the rules of a scenario."
        )
        for rule in rules:
            console.print(f"  {escape(rule)}", soft_wrap=True, highlight=False)
    return broken


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

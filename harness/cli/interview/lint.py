"""under500 interview lint: the content files checked against their own examples and rules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from harness.cli.output import FAILED, Json, console, print_json, problems

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.interview.lint.rubric_rules import Confusion
    from harness.interview.scenario.scenario import Scenario

MOST_SHOWN = 20  # broken rules of a scenario; the same one is often broken in every session


def lint(
    file: Annotated[
        Path | None, typer.Argument(help="Check only this scenario file, before it is installed.")
    ] = None,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn",
            help="If all is well, learn changed content anew: about an hour.",
        ),
    ] = False,
    seeds: Annotated[
        int,
        typer.Option(min=0, help="Sessions of each scenario to check, besides the one as written."),
    ] = 1000,
    as_json: Json = False,
) -> None:
    """Check the content: the rubric against its own examples, and each scenario against itself."""
    from harness.interview.content_files import read
    from harness.interview.scenario.scenario import Scenario, scenarios

    checked = scenarios() if file is None else {file.name: read(file, Scenario)}
    broken = _check_scenarios(checked, seeds)
    confusions = _check_rubric() if file is None else []
    clean = all(confusion.clean for confusion in confusions) and not any(broken.values())
    if learn and clean:
        _learn()
    if as_json:
        from harness.interview.scoring.rubric import rubric

        entries = [confusion.to_json() for confusion in confusions]
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


def _learn() -> None:
    from harness.interview.encoder.shipped import learned_from
    from harness.interview.learning.learn import content, learn

    if learned_from() == content():
        return
    with Progress(console=problems, transient=True) as progress:
        task = progress.add_task("Learning the labelled sentences", total=None)
        path = learn(lambda done, all_: progress.update(task, completed=done, total=all_))
    console.print(f"Learned: {path}", soft_wrap=True, highlight=False)


def _check_rubric() -> list[Confusion]:
    from harness.interview.lint.rubric_rules import lint as check_entries
    from harness.interview.scoring.rubric import rubric
    from harness.interview.scoring.score import Scorer

    confusions = list(check_entries(Scorer(rubric())))
    _show(confusions)
    return confusions


def _check_scenarios(checked: Mapping[str, Scenario], seeds: int) -> dict[str, list[str]]:
    """Show and return the rules that each scenario breaks, in its session as written and `seeds` others."""
    from harness.interview.lint.scenario_rules import broken_rules

    broken = {}
    with Progress(console=problems, transient=True) as progress:
        for name, scenario in checked.items():
            sessions = progress.track((None, *range(1, seeds + 1)), description=escape(name))
            broken[name] = list(broken_rules(scenario, sessions))
    for name, rules in broken.items():
        outcome = "[bold red]breaks these rules[/]:" if rules else "breaks no rule."
        console.print(f"{escape(name)} {outcome}", highlight=False)
        for rule in rules[:MOST_SHOWN]:
            console.print(f"  {escape(rule)}", soft_wrap=True, highlight=False)
        if len(rules) > MOST_SHOWN:
            console.print(f"  and {len(rules) - MOST_SHOWN} more", highlight=False)
    return broken


def _show(confusions: Sequence[Confusion]) -> None:
    table = Table(title="Rubric against its own examples", title_justify="left")
    for column in ("entry", "examples credited", "counterexamples credited"):
        table.add_column(column)
    for c in confusions:
        style = None if c.clean else "bold red"
        credited, falsely = f"{c.credited} of {c.examples}", f"{c.falsely} of {c.counterexamples}"
        table.add_row(c.id, credited, falsely, style=style)
    console.print(table)
    for c in confusions:
        for sentence in c.wrong:
            console.print(f"{c.id} {escape(sentence)}", soft_wrap=True, highlight=False)

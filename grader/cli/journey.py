"""under500 journey: measure every step from the slow assistant to the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from harness.cli.output import Json, console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.kb.questions import Case
    from harness.measure.latency.journey import Journey, Step, Stop

QUESTIONS = 44  # the fewest that have a p90
MIXED = 60  # requests of the mixed workload: a dozen come again word for word
SEED = 5000
START, END = "<!-- journey: made by `under500 journey --write` -->", "<!-- end of journey -->"


def journey(
    n: Annotated[int, typer.Option("-n", "--n", min=5, help="Questions.")] = QUESTIONS,
    mixed: Annotated[int, typer.Option(min=5, help="Requests of the mixed workload.")] = MIXED,
    seed: Annotated[int, typer.Option(help="Of the questions.")] = SEED,
    write: Annotated[bool, typer.Option(help="Keep the result, with the README's table.")] = False,
    as_json: Json = False,
) -> None:
    """Let every step from slow to fast answer N fresh questions in turn: about 20 s a question.

    Then the caches: a mixed workload, about 4 s a request.
    """
    from grader.grading import reference
    from harness.kb.questions import draw
    from harness.kb.workload import workload
    from harness.measure.latency import journey as measure
    from harness.measure.machine import describe
    from harness.setup.preparation import BusyMachineError

    load = describe.busy()
    if load.too_busy:
        raise BusyMachineError(
            f"{load.sentence()} Close them: a journey is measured on a quiet machine."
        )
    steps = _measured("Questions", reference.stops(), draw("dev", n + measure.WARM_UP, seed))
    requests = workload(mixed + measure.WARM_UP, seed)
    again = _measured("Workload", reference.remembering(), requests)
    found = measure.journey(steps, again, reference.described())
    _show(found)
    if write:
        save(found, reference.ROOT)
    if as_json:
        print_json(found.model_dump())


def _measured(what: str, stops: Sequence[Stop], cases: Sequence[Case]) -> tuple[Step, ...]:
    from harness.measure.latency import journey as measure

    answers = measure.answers(stops, cases)
    total = len(cases) - measure.WARM_UP
    timings = list(track(answers, what, total=total, console=console))
    return measure.measured(stops, cases, timings)


def save(found: Journey, root: Path) -> None:
    """Write the record and the README's table of it."""
    record(root).write_text(found.model_dump_json(indent=1) + "\n")
    readme = root / "README.md"
    readme.write_text(with_table(readme.read_text(), found))


def record(root: Path) -> Path:
    """Where the measured journey is kept."""
    return root / "docs" / "journey.json"


def with_table(text: str, found: Journey) -> str:
    """`text` with the table between the two marks replaced."""
    from harness.show.journey_picture import journey_table

    between = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{START}\n{journey_table(found)}\n{END}", text)


def _show(found: Journey) -> None:
    from harness.show.journey_picture import finding, text_tables

    console.print(*text_tables(found), sep="\n")
    console.print(finding(found), highlight=False)

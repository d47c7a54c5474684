"""under500 journey: the latency of each step from the slow assistant to the reference."""

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
    from harness.measure.latency.journey import Journey, JourneyStep, MeasuredStep

QUESTIONS = 44  # the fewest that have a p90
MIXED = 60  # requests of the mixed workload; about a dozen repeat an earlier one word for word
SEED = 5000
START, END = "<!-- journey: made by `under500 journey --write` -->", "<!-- end of journey -->"


def journey(
    n: Annotated[int, typer.Option("-n", "--n", min=5, help="Number of questions.")] = QUESTIONS,
    mixed: Annotated[
        int, typer.Option(min=5, help="Number of requests in the mixed workload.")
    ] = MIXED,
    seed: Annotated[int, typer.Option(help="Seed for drawing questions and requests.")] = SEED,
    write: Annotated[
        bool, typer.Option(help="Save the result and update the tables of README and docs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Measure every step from the slow assistant to the fast reference on N new questions.

    All steps answer each question in turn, which takes seven times as long as the slow assistant alone.

    The caches are then measured on a mixed workload, in 1.2 times that assistant's time a request.
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
            f"{load.sentence()} Close other programs: the journey needs a quiet machine."
        )
    steps = _timed_steps("Questions", reference.steps(), draw("dev", n + measure.WARM_UP, seed))
    requests = workload(mixed + measure.WARM_UP, seed)
    caches = _timed_steps("Workload", reference.cached_steps(), requests)
    result = measure.journey(steps, caches, reference.fingerprint())
    _show(result)
    if write:
        save(result, reference.ROOT)
    if as_json:
        print_json(result.model_dump())


def _timed_steps(
    title: str, steps: Sequence[JourneyStep], cases: Sequence[Case]
) -> tuple[MeasuredStep, ...]:
    from harness.measure.latency import journey as measure

    answers = measure.interleaved_timings(steps, cases)
    total = len(cases) - measure.WARM_UP
    timings = list(track(answers, title, total=total, console=console))
    return measure.measured_steps(steps, cases, timings)


def save(result: Journey, root: Path) -> None:
    """Write docs/journey.json, and replace the tables made from it in docs/ and in the README."""
    from harness.show.journey_picture import journey_table, short_table
    from harness.show.speedrun import speedrun_table

    record(root).write_text(result.model_dump_json(indent=1) + "\n")
    for page, table in (
        (root / "docs" / "journey.md", journey_table),
        (root / "docs" / "speedrun.md", speedrun_table),
        (root / "README.md", short_table),
    ):
        page.write_text(with_table(page.read_text(), table(result)))


def record(root: Path) -> Path:
    """Return the path of the measured journey."""
    return root / "docs" / "journey.json"


def with_table(text: str, table: str) -> str:
    """Return `text` with what stands between START and END replaced by `table`."""
    between = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{START}\n{table}\n{END}", text)


def _show(result: Journey) -> None:
    from harness.show.journey_picture import finding, text_tables

    console.print(*text_tables(result), sep="\n")
    console.print(finding(result), highlight=False)

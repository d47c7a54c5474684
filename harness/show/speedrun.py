"""The record table of the speedrun: entries by division, fastest first, as Markdown and for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from harness.measure.latency.bench import Bench
from harness.measure.latency.journey import Journey, MeasuredStep, Times
from harness.serve.entry import Division
from harness.show.journey_picture import landmarks
from harness.show.number_formats import ms

REFERENCE = "the reference"
NAMES = {
    Division.CLOSED: "closed",
    Division.NO_MODEL: "answers without a language model",
}
COLUMNS = (
    *("division", "entry", "times faster (95 % interval)", "end-to-end p50", "TTFT p50"),
    *("exact fact", "refusal"),
)
WORDS = 2  # columns of words, on the left; the others are numbers
SHORT = (0, 1, 2, 3, 5)  # the columns that fit into a terminal


def speedrun_table(journey: Journey) -> str:
    """Return Markdown: the kept steps of the recorded journey, the reference among them, and the machine."""
    lines = [f"| {' | '.join(cells)} |" for cells in _rows(records(journey))]
    rule = "|".join("---" if n < WORDS else "--:" for n in range(len(COLUMNS)))
    return "\n".join([f"| {' | '.join(COLUMNS)} |", f"|{rule}|", *lines, "", _note(journey)])


def speedrun_text(journey: Journey, own: MeasuredStep | None) -> Table:
    """Return the same table for the terminal, with a learner's own entry in its place."""
    title = "The record, measured on another machine, and your entry beside it"
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    for number in SHORT:
        table.add_column(COLUMNS[number], justify="left" if number < WORDS else "right")
    ranked = [*records(journey), *([own] if own else [])]
    for step, cells in zip(_ranked(ranked), _rows(ranked), strict=True):
        row = [cells[number] for number in SHORT]
        table.add_row(*row, style="bold" if step is own else None)
    return table


def records(journey: Journey) -> list[MeasuredStep]:
    """Return the landmarks of the journey that were kept; the last is named as the reference."""
    *steps, last = (step for step in landmarks(journey) if not step.detour)
    return [*steps, last.model_copy(update={"name": f"{REFERENCE}: {last.name}"})]


def entered(bench: Bench) -> MeasuredStep | None:
    """Return side B of a comparison with the slow assistant as a row.

    None without a ratio or quality, and in the open division: new questions never meet a cache.
    """
    ratio, quality = bench.comparison.ratio("e2e_ms"), bench.quality("b")
    if ratio is None or quality is None or bench.saturated or bench.b.division not in NAMES:
        return None
    e2e, ttft = (bench.comparison.latencies("b", of) for of in ("e2e_ms", "ttft_ms"))
    return MeasuredStep(
        name=bench.b.name,
        cost="",
        detour=False,
        division=str(bench.b.division),
        n=len(bench.comparison.pairs),
        e2e_ms=Times(p50=e2e.p50, p90=None),
        ttft_ms=Times(p50=ttft.p50, p90=None),
        ratio=ratio.p50,
        low=ratio.interval.low,
        high=ratio.interval.high,
        exact=quality.fact.successes,
        answerable=quality.fact.n,
        refused=quality.refusal.successes,
        unanswerable=quality.refusal.n,
    )


def _ranked(steps: Sequence[MeasuredStep]) -> list[MeasuredStep]:
    order = [str(division) for division in NAMES]
    return sorted(steps, key=lambda step: (order.index(step.division), -step.ratio))


def _rows(steps: Sequence[MeasuredStep]) -> Iterator[list[str]]:
    for step in _ranked(steps):
        yield [
            NAMES[Division(step.division)],
            step.name,
            f"{step.ratio:.1f} ({step.low:.1f} to {step.high:.1f})",
            ms(step.e2e_ms.p50),
            ms(step.ttft_ms.p50),
            f"{step.exact} of {step.answerable}",
            f"{step.refused} of {step.unanswerable}",
        ]


def _note(journey: Journey) -> str:
    machine = journey.machine.partition(";")[0]
    n = journey.steps[0].n
    return f"n = {n} new questions, every row in turn; network distance is SIM. {machine}."

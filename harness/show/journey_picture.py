"""The journey from slow to fast: a bar for each step, and the same as Markdown and terminal tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from rich.table import Table

from harness.kb.workload import EXACT_REPEATS, PARAPHRASES
from harness.measure.latency.journey import Journey, MeasuredStep
from harness.show import chart, number_formats, palette, style
from harness.show.style import Picture

LIMIT_MS = 500.0
AXIS = "ms; bar: end-to-end p50, dot: time to first token (TTFT) p50"
RATIO_PT, TIME_PT = 62, 128  # right edges of the two columns of numbers
NUMBERS = chart.Columns(2.0, (("times faster", RATIO_PT), ("end-to-end", TIME_PT)))
COLUMNS = (
    *("step", "end-to-end p50", "p90", "TTFT p50", "p90", "times faster (95 % interval)"),
    *("exact fact", "refusal", "paid with"),
)
SHORT = (0, 1, 3, 5, 6)  # the columns that fit into a terminal
WORDS = (0, len(COLUMNS) - 1)  # columns of words; the others are numbers
HEADER = (
    f"| {' | '.join(COLUMNS)} |",
    f"|{'|'.join('---' if n in WORDS else '--:' for n in range(len(COLUMNS)))}|",
)


def journey_picture(journey: Journey) -> Picture:
    """Draw a bar for end-to-end p50 and a dot for TTFT p50, step by step, against 500 ms."""
    labels = [label(step) for step in journey.steps]
    figure, axes = chart.rows_picture(finding(journey), _note(journey), labels, NUMBERS, AXIS)
    axes.set_xlim(0, 1.05 * max(step.e2e_ms.p50 for step in journey.steps))
    for y, step in enumerate(journey.steps):
        _row(axes, y, step)
    chart.limit_line(axes, LIMIT_MS)
    figure.description = "\n".join([finding(journey), *HEADER, *map(_line, journey.steps)])
    return figure


def journey_table(journey: Journey) -> str:
    """Return Markdown: a row per step, then what the numbers are; the same for the mixed workload."""
    parts = [*HEADER, *map(_line, journey.steps), "", f"{_note(journey)} {journey.machine}"]
    if journey.mixed:
        parts += ["", *HEADER, *map(_line, journey.mixed), "", _mixed_note(journey)]
    return "\n".join(parts)


def short_table(journey: Journey) -> str:
    """Return Markdown with the few steps that tell the journey: see `landmarks`."""
    numbers = (0, 1, 2, 3, 5, 6, 7, len(COLUMNS) - 1)  # without the p90 of TTFT
    lines = [_row_of(COLUMNS, numbers), _row_of(HEADER[1].strip("|").split("|"), numbers)]
    lines += [_row_of(list(_cells(step)), numbers) for step in landmarks(journey)]
    first = journey.steps[0]
    note = (
        f"{first.n} new questions, not used for tuning ({first.answerable} have an answer, the others ask "
        "for a refusal), put to every step in turn, through HTTP; network distance is SIM. "
        f"{journey.machine.partition(';')[0]}."
    )
    return "\n".join([*lines, "", note])


def landmarks(journey: Journey, most: int = 6) -> list[MeasuredStep]:
    """Return `most` steps in order: the first, the last kept, a detour, and those that gained the most."""
    kept = [step for step in journey.steps if not step.detour]
    gains = {b.name: b.ratio / a.ratio for a, b in pairwise(kept)}
    chosen = {kept[0].name, kept[-1].name, *[s.name for s in journey.steps if s.detour][:1]}
    for name in sorted(gains, key=gains.__getitem__, reverse=True):
        if len(chosen) < most:
            chosen.add(name)
    return [step for step in journey.steps if step.name in chosen]


def _row_of(cells: Sequence[str], numbers: Sequence[int]) -> str:
    return f"| {' | '.join(cells[number] for number in numbers)} |"


def text_tables(journey: Journey) -> list[Table]:
    """Return the tables for the terminal, with fewer columns."""
    tables = [_text_table(_note(journey), journey.steps)]
    return tables + ([_text_table(_mixed_note(journey), journey.mixed)] if journey.mixed else [])


def _text_table(title: str, steps: Sequence[MeasuredStep]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for number in SHORT:
        table.add_column(COLUMNS[number], justify="left" if number in WORDS else "right")
    for step in steps:
        cells = list(_cells(step))
        table.add_row(*(cells[number] for number in SHORT))
    return table


def finding(journey: Journey) -> str:
    """Return the whole journey in a sentence."""
    first, last = journey.steps[0], [step for step in journey.steps if not step.detour][-1]
    right = f"{last.exact} of {last.answerable} facts right (before: {first.exact})"
    before, after = (number_formats.duration(step.e2e_ms.p50) for step in (first, last))
    return f"{before} to {after} end-to-end: {last.ratio:.1f} times faster, {right}"


def label(step: MeasuredStep) -> str:
    """Return the step's name; that of a detour in brackets."""
    return f"({step.name})" if step.detour else step.name


def _note(journey: Journey) -> str:
    n = journey.steps[0].n
    return (
        f"Questions nobody asked before (n={n}), every step in turn, through HTTP; network distance is SIM. "
        "(In brackets: tried, not kept.)"
    )


def _mixed_note(journey: Journey) -> str:
    return (
        f"A mixed workload (n={journey.mixed[0].n}): {EXACT_REPEATS:.0%} of the questions come again word "
        f"for word, {PARAPHRASES:.0%} in other words. Hits and misses together; every side in turn, through "
        "HTTP; network distance is SIM. (In brackets: tried, not kept.)"
    )


def _row(axes: Axes, y: int, step: MeasuredStep) -> None:
    colour = palette.GREY if step.detour else palette.BLUE
    axes.barh(y, step.e2e_ms.p50, chart.BAR, color=colour)
    if step.ttft_ms.p50 is not None:
        axes.plot(step.ttft_ms.p50, y, "o", color=palette.ORANGE, markersize=7, zorder=4)
    style.beside(axes, f"{step.ratio:.1f}", y, RATIO_PT)
    style.beside(axes, number_formats.ms(step.e2e_ms.p50), y, TIME_PT, weight="bold")


def _line(step: MeasuredStep) -> str:
    return "| " + " | ".join(_cells(step)) + " |"


def _cells(step: MeasuredStep) -> Iterator[str]:
    yield label(step)
    for times in (step.e2e_ms, step.ttft_ms):
        yield from (
            number_formats.ms(value) if value is not None else "–"
            for value in (times.p50, times.p90)
        )
    yield f"{step.ratio:.1f} ({step.low:.1f} to {step.high:.1f})"
    yield f"{step.exact} of {step.answerable}"
    yield f"{step.refused} of {step.unanswerable}"
    yield step.cost or "–"

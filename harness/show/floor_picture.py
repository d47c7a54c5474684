"""The floor of each stage beside its measured time: a picture, and the same as a table for the terminal.

The picture is narrow, so that it can be read at the width of a telephone, and names every bar directly.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from matplotlib.axes import Axes
from rich.table import Table

from harness.measure.latency.floor import MEGA, FloorReport, StageFloor
from harness.measure.machine.busy import beside_note
from harness.show import number_formats, palette, style
from harness.show.rows import label
from harness.show.style import Picture

FLOOR, MEASURED = palette.ORANGE, palette.BLUE
WIDTH_IN, MARGIN_IN = 5.6, 0.15  # at 420 px, text of 10 pt is still 10 px high
TITLE_CHARS, NOTE_CHARS, COUNTS_CHARS = 50, 82, 82  # characters that fit into that width
LINE_IN, BAR_IN, GAP_IN = 0.18, 0.15, 0.16  # heights of a line, a bar and the space below a row
ROW_IN = 2 * LINE_IN + 2 * BAR_IN + GAP_IN
NUMBER_WITH_UNIT = "\N{NO-BREAK SPACE}ms"
LABELS = 0.3  # of the largest bar, for the label at its end
COLUMNS = ("stage", "floor", "measured", "above the floor", "what the floor counts")


def finding(report: FloorReport) -> str:
    """Return how far the entry is above its floor, and where most of that is, in one sentence."""
    largest = report.largest
    where = f"the largest remainder is {number_formats.ms(largest.left_ms)} ({_label(largest)})"
    floor, measured = number_formats.ms(report.floor_ms), number_formats.ms(report.e2e_ms)
    if report.unknown:
        missing = " and ".join(label(stage, simulated=False) for stage in report.unknown)
        return (
            f"No floor is known for {missing}; the other stages of the {report.name} need {floor} of the "
            f"{measured}, and there {where}"
        )
    return f"The {report.name} takes {measured}, {report.times:.1f} times its floor of {floor}; {where}"


def note(report: FloorReport) -> str:
    """Return what the numbers are."""
    peaks = report.peaks
    arithmetic = ", ".join(f"{name} {speed:,.0f}" for name, speed in peaks.gflops.items())
    return (
        f"End-to-end p50 and medians of the stages' spans, n={report.n}, through HTTP, measured; network "
        f"distance is SIM. {report.cpu}: {peaks.bandwidth_gbs:g} GB/s read from "
        f"{peaks.array_bytes / MEGA:.0f} MB, the model's size, all cores; matrix products in torch, GFLOP/s: "
        f"{arithmetic}.{beside_note(report.beside)}"
    )


def floor_table(report: FloorReport) -> Table:
    """Return a row for each stage, then the whole request."""
    table = Table(title=note(report), title_justify="left", box=None, pad_edge=False)
    for column in COLUMNS:
        side = "left" if column in (COLUMNS[0], COLUMNS[-1]) else "right"
        table.add_column(column, justify=side, no_wrap=side == "right")
    for stage in report.stages:
        table.add_row(*_cells(stage), stage.counts)
    left = _ms(None if report.unknown else report.e2e_ms - report.floor_ms)
    whole = (
        "end-to-end",
        number_formats.ms(report.floor_ms),
        number_formats.ms(report.e2e_ms),
        left,
    )
    table.add_row(*whole, "the sum of the floors", style="bold")
    return table


def floor_picture(report: FloorReport) -> Picture:
    """Draw two bars for each stage, its floor and its measured time, with what the floor counts."""
    title, small = (
        textwrap.wrap(finding(report).replace(" ms", NUMBER_WITH_UNIT), TITLE_CHARS),
        textwrap.wrap(note(report), NOTE_CHARS),
    )
    top = 0.2 + style.TITLE_LINE_IN * len(title) + 0.16 * len(small)
    body = ROW_IN * len(report.stages)
    height = top + body + MARGIN_IN
    figure = Picture(figsize=(WIDTH_IN, height), facecolor="white")
    _write_top(figure, title, small, height)
    inner = 1 - 2 * MARGIN_IN / WIDTH_IN
    axes = figure.add_axes((MARGIN_IN / WIDTH_IN, MARGIN_IN / height, inner, body / height))
    axes.set_axis_off()
    axes.set_ylim(body, 0)
    axes.set_xlim(0, (1 + LABELS) * max(s.measured_ms for s in report.stages))
    for number, stage in enumerate(report.stages):
        _row(axes, number * ROW_IN, stage)
    figure.description = "\n".join([finding(report), note(report), *_lines(report)])
    return figure


def _write_top(figure: Picture, title: list[str], small: list[str], height: float) -> None:
    left, look = MARGIN_IN / WIDTH_IN, {"ha": "left", "va": "top"}
    below = 0.14 + style.TITLE_LINE_IN * len(title)
    head, tail = "\n".join(title), "\n".join(small)
    bold = {"fontsize": style.TITLE_PT, "weight": "bold", "color": palette.INK}
    figure.text(left, 1 - 0.1 / height, head, **bold, **look)
    figure.text(left, 1 - below / height, tail, fontsize=8, color=palette.FAINT, **look)


def _row(axes: Axes, y: float, stage: StageFloor) -> None:
    """Draw one stage; y: the top of its row, in inches."""
    look = {"va": "center", "ha": "left"}
    style.write(
        axes, _label(stage), (0, y + LINE_IN / 2), size=style.TEXT_PT, weight="bold", **look
    )
    counts = textwrap.shorten(f"floor: {stage.counts}", COUNTS_CHARS, placeholder=" …")
    style.write(axes, counts, (0, y + 1.5 * LINE_IN), colour=palette.FAINT, size=8.5, **look)
    bars = (("floor", stage.floor_ms, FLOOR), ("measured", stage.measured_ms, MEASURED))
    for place, (name, value, colour) in enumerate(bars):
        middle = y + 2 * LINE_IN + (place + 0.5) * BAR_IN
        _bar(axes, middle, value or 0.0, colour, stage.simulated)
        text = f"{name} {_ms(value)}"
        style.write(axes, text, (value or 0.0, middle), (4, 0), va="center", ha="left")


def _bar(axes: Axes, y: float, value: float, colour: str, simulated: bool) -> None:
    hatch = (
        {"hatch": palette.HATCH, "facecolor": palette.PALE} if simulated else {"facecolor": colour}
    )
    # The edge keeps a bar of less than a pixel visible.
    axes.barh(y, value, 0.8 * BAR_IN, edgecolor=colour, linewidth=0.8, **hatch)


def _label(stage: StageFloor) -> str:
    return label(stage.stage, stage.simulated)


def _cells(stage: StageFloor) -> tuple[str, ...]:
    times = (stage.floor_ms, stage.measured_ms, stage.left_ms)
    return (_label(stage), *map(_ms, times))


def _ms(value: float | None) -> str:
    if value is None:
        return "–"
    return "<0.01 ms" if 0 < value < 0.005 else number_formats.ms(value)


def _lines(report: FloorReport) -> Iterator[str]:
    for stage in report.stages:
        name, floor, measured, _ = _cells(stage)
        yield f"{name}: floor {floor} ({stage.counts}), measured {measured}"

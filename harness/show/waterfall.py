"""The waterfall: when each stage ran, for how long, and how far beyond the limit."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from matplotlib.axes import Axes

from harness.measure.latency.trace import Trace
from harness.show import chart, palette, style
from harness.show.number_formats import duration
from harness.show.rows import OUTSIDE, Row, finding, numbers, rows, scope, what_it_is
from harness.show.style import Margins, Picture, picture
from harness.show.text import plain_waterfall

# 2.5 in wide; the right edge of each column, in points from the axes.
COLUMNS = chart.Columns(2.5, (("start", 56), ("duration", 122), ("share", 166)))
BETWEEN_IN = 0.22
TOTAL_BAR = 0.14  # thickness, of a row's height
NAME_CHARS = 28  # of a request's name; a longer one would leave too little space for the bars
AXIS = "ms since the question was sent"


def waterfall(trace: Trace, limit_ms: float = 500, title: str | None = None) -> Picture:
    """Draw one request: a bar per stage with start, duration and share, against the limit.

    Emulated time is hatched and labelled SIM. title: the headline; by default it names the slowest stage.
    """
    title = title or finding(trace, limit_ms)
    figure = _panels(title, what_it_is(trace), [(scope(trace), trace)], limit_ms, style.ROW_IN)
    figure.description = plain_waterfall(trace, limit_ms, title)
    return figure


def waterfalls(traces: Sequence[tuple[str, Trace]], limit_ms: float = 500) -> Picture:
    """Draw requests of several assistants, (name, trace) each, on one time axis.

    The headline compares the fastest with the first. Raises ValueError for none.
    """
    chart.require(traces, "traces as (name, trace)")
    note = what_it_is(traces[0][1], "one request each")
    figure = _panels(_comparison(traces), note, traces, limit_ms, 0.75 * style.ROW_IN)
    texts = [plain_waterfall(trace, limit_ms, name) for name, trace in traces]
    figure.description = "\n\n".join([_comparison(traces), *texts])
    return figure


def _panels(
    title: str, note: str, traces: Sequence[tuple[str, Trace]], limit_ms: float, row_in: float
) -> Picture:
    """Draw one panel per trace; its first row is the whole request."""
    named = [(shorten(name, NAME_CHARS, placeholder=" …"), trace) for name, trace in traces]
    panels = [[_total_row(name, trace), *rows(trace)] for name, trace in named]
    left = style.margin_for(row.label for panel in panels for row in panel)
    heights = [row_in * len(panel) for panel in panels]
    margins = Margins(left, COLUMNS.width_in, BETWEEN_IN)
    figure, all_axes = picture(title, note, heights, margins, AXIS)
    end = 1.03 * max(limit_ms * 1.1, *(trace.total_ms for _, trace in traces))
    for axes, panel in zip(all_axes, panels, strict=True):
        _panel(axes, panel, end)
        chart.limit_line(axes, limit_ms, label=axes is all_axes[0])
        axes.tick_params(labelbottom=axes is all_axes[-1])
    COLUMNS.write_headings(all_axes[0])
    return figure


def _total_row(name: str, trace: Trace) -> Row:
    return Row(name, ((0.0, trace.total_ms),), 1.0)


def _panel(axes: Axes, panel: list[Row], end_ms: float) -> None:
    total, *_ = panel
    axes.set_xlim(0, end_ms)
    chart.name_rows(axes, [row.label for row in panel])
    axes.get_yticklabels()[0].set_weight("bold")
    for y, row in enumerate(panel):
        _bars(axes, y, row, row is total)
        COLUMNS.write(axes, y, numbers(row), "bold" if row is total else "normal")


def _bars(axes: Axes, y: int, row: Row, is_total: bool) -> None:
    face, edge = _face_and_edge(row, is_total)
    thickness = TOTAL_BAR if is_total else chart.BAR
    axes.broken_barh(
        row.bars,
        (y - thickness / 2, thickness),
        facecolor=face,
        edgecolor=edge,
        linewidth=0.8,  # a bar of a millisecond stays visible
        hatch=palette.HATCH if row.simulated else None,
        zorder=2,
    )


def _face_and_edge(row: Row, is_total: bool) -> tuple[str, str]:
    """Return the colours of the bars of `row`."""
    if row.name == OUTSIDE:
        return palette.PALE, palette.PALE
    if is_total:
        return palette.INK, palette.INK
    colour = palette.STAGE_COLOURS.get(row.name, palette.GREY)
    return (palette.PALE if row.simulated else colour), colour


def _comparison(traces: Sequence[tuple[str, Trace]]) -> str:
    """Compare the fastest request with the first one."""
    first_name, first = traces[0]
    name, best = min(traces, key=lambda pair: pair[1].total_ms)
    if best is first:
        return f"{first_name} is the fastest: {duration(first.total_ms)}"
    factor = first.total_ms / best.total_ms
    slow, fast = duration(first.total_ms), duration(best.total_ms)
    return f"From {slow} ({first_name}) to {fast} ({name}): {factor:.1f} times as fast"

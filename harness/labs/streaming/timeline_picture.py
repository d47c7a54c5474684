"""When text reached the user: a line per stream, a dot for its TTFT, a tick for each piece of text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes

from harness.show import chart, palette, style
from harness.show.number_formats import duration, ms
from harness.show.style import Picture

COLUMNS = chart.Columns(2.0, (("TTFT", 58), ("end-to-end", 128)))
ROW_IN = 0.55
TICK = 0.5  # height of a piece, of a row's
ABOVE_PT = 11  # of the dot's label: above the ticks
SILENT, WRITING, PIECE = palette.PALE, palette.SKY, palette.BLUE
AXIS = "ms since the question was sent; pale: nothing to read yet, tick: a piece of text, diamond: done"
NOTE = "one request each, on the client's clock; network distance is SIM"

Times = tuple[float, Sequence[float], float]  # TTFT, gaps, end-to-end, all in ms


@dataclass(frozen=True, slots=True)
class Line:
    """One stream: when its pieces came, and when it was done, in ms."""

    name: str
    pieces_ms: tuple[float, ...]
    e2e_ms: float

    @classmethod
    def of(cls, name: str, times: Times) -> Line:
        """Return the line of a stream with this TTFT, these gaps and this end-to-end time."""
        ttft_ms, gaps_ms, e2e_ms = times
        return cls(name, tuple(accumulate([ttft_ms, *gaps_ms])), e2e_ms)

    @property
    def ttft_ms(self) -> float:
        """Return when the first piece came, in ms."""
        return self.pieces_ms[0]


def timeline(streams: Sequence[tuple[str, Times]], limit_ms: float | None = None) -> Picture:
    """Draw streams on one time axis, (name, (TTFT, gaps, end-to-end)) each, all in ms.

    The title compares the last with the first. Raises ValueError for none.
    """
    chart.require(streams, "streams as (name, times)")
    lines = [Line.of(name, times) for name, times in streams]
    names = [line.name for line in lines]
    cells = [(ms(line.ttft_ms), ms(line.e2e_ms)) for line in lines]
    figure, axes = chart.rows_picture(_finding(lines), NOTE, names, COLUMNS, AXIS, cells, ROW_IN)
    longest = max(line.e2e_ms for line in lines)
    axes.set_xlim(0, 1.03 * max(longest, 1.1 * (limit_ms or 0)))
    for y, line in enumerate(lines):
        _line(axes, y, line)
    if limit_ms is not None:
        chart.limit_line(axes, limit_ms)
    return figure.described(map(_in_words, lines))


def _line(axes: Axes, y: int, line: Line) -> None:
    first = line.ttft_ms
    axes.barh(y, first, 0.12, color=SILENT, linewidth=0, zorder=1)
    axes.barh(y, line.e2e_ms - first, 0.12, first, color=WRITING, linewidth=0, zorder=1)
    axes.vlines(line.pieces_ms, y - TICK / 2, y + TICK / 2, color=PIECE, linewidth=1.6, zorder=2)
    axes.plot(line.e2e_ms, y, "D", color=palette.INK, markersize=6, zorder=4)
    axes.plot(first, y, "o", color=palette.ORANGE, markersize=8, zorder=3)
    style.write(axes, "TTFT", (first, y), (0, ABOVE_PT), ha="center")


def _finding(lines: Sequence[Line]) -> str:
    first, last = lines[0], lines[-1]
    if first is last:
        return f"First text after {duration(last.ttft_ms)}, the last after {duration(last.e2e_ms)}"
    return (
        f"First text after {duration(last.ttft_ms)} instead of {duration(first.ttft_ms)}; "
        f"done after {duration(last.e2e_ms)} instead of {duration(first.e2e_ms)}"
    )


def _in_words(line: Line) -> str:
    return (
        f"{line.name}: TTFT {ms(line.ttft_ms)}, pieces: {len(line.pieces_ms)}, "
        f"end-to-end {ms(line.e2e_ms)}"
    )

"""When text reached the user: a line per stream, a tick for each piece that showed something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, duration, ms, picture, margin_for

RIGHT_IN = 2.0
COLUMNS = (("TTFT", 58), ("end-to-end", 128))  # heading, right edge in points
ROW_IN = 0.55
TICK = 0.5  # height of a piece, of a row's
SILENT, SPEAKING = style.PALE, style.BLUE
AXIS = "ms since the question was sent; pale: nothing to read yet, tick: a piece of text, diamond: done"

Times = tuple[float, Sequence[float], float]  # TTFT, gaps, end-to-end, all in ms


@dataclass(frozen=True, slots=True)
class Line:
    """One stream: when its pieces came, and when it was done, in ms."""

    name: str
    pieces_ms: tuple[float, ...]
    e2e_ms: float

    @classmethod
    def of(cls, name: str, times: Times) -> Line:
        """From TTFT, gaps and end-to-end."""
        ttft_ms, gaps_ms, e2e_ms = times
        return cls(name, tuple(accumulate([ttft_ms, *gaps_ms])), e2e_ms)

    @property
    def ttft_ms(self) -> float:
        """When the first piece came."""
        return self.pieces_ms[0]


def timeline(streams: Sequence[tuple[str, Times]], limit_ms: float | None = None) -> Picture:
    """Streams on one time axis, (name, (TTFT, gaps, end-to-end)) each, all in ms.

    The first is what the last is compared with. Raises ValueError for none.
    """
    if not streams:
        raise ValueError("There is no stream to show: give at least one (name, times).")
    lines = [Line.of(name, times) for name, times in streams]
    note = "one request each, on the client's clock; network distance is SIM"
    margins = Margins(margin_for(line.name for line in lines), RIGHT_IN)
    figure, [axes] = picture(_finding(lines), note, [ROW_IN * len(lines)], margins)
    longest = max(line.e2e_ms for line in lines)
    axes.set_xlim(0, 1.03 * max(longest, 1.1 * (limit_ms or 0)))
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_yticks(range(len(lines)), [line.name for line in lines])
    for y, line in enumerate(lines):
        _line(axes, y, line)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    if limit_ms is not None:
        style.limit_line(axes, limit_ms)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([_finding(lines), note, *map(_in_words, lines)])
    return figure


def _line(axes: Axes, y: int, line: Line) -> None:
    first, last = line.pieces_ms[0], line.pieces_ms[-1]
    axes.broken_barh([(0, first)], (y - 0.06, 0.12), facecolor=SILENT, zorder=1)
    axes.broken_barh(
        [(first, line.e2e_ms - first)], (y - 0.06, 0.12), facecolor=style.SKY, zorder=1
    )
    axes.vlines(line.pieces_ms, y - TICK / 2, y + TICK / 2, color=SPEAKING, linewidth=1.6, zorder=2)
    axes.plot(line.e2e_ms, y, "D", color=style.INK, markersize=6, zorder=4)
    axes.plot(
        last if len(line.pieces_ms) == 1 else first, y, "o", color=style.ORANGE, ms=8, zorder=3
    )
    for value, (_, right_pt) in zip((line.ttft_ms, line.e2e_ms), COLUMNS, strict=True):
        style.beside(axes, ms(value), y, right_pt)


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

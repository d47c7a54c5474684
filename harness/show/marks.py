"""Points of a submission: a bar for each exercise, what is earned filled, what is still open hatched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.show import palette
from harness.show.chart import BAR, Columns, require, rows_picture
from harness.show.style import Picture

COLUMNS = Columns(2.2, (("", 144.4),))  # for "12.5 of 15, not graded"
NOTE = "points earned (filled) of those available; hatched: no verdict yet"


@dataclass(frozen=True, slots=True)
class Bar:
    """One exercise. points: None while there is no verdict. verdict: a word, such as "passed"."""

    name: str
    points: float | None
    out_of: float
    verdict: str

    def __str__(self) -> str:
        points = "–" if self.points is None else f"{self.points:g}"
        return f"{points} of {self.out_of:g}, {self.verdict}"


def marks(bars: Sequence[Bar]) -> Picture:
    """Draw the bars from top to bottom, in the order of the lab. Raises ValueError for no bars."""
    require(bars, "bars")
    names, cells = [bar.name for bar in bars], [(str(bar),) for bar in bars]
    figure, axes = rows_picture(finding(bars), NOTE, names, COLUMNS, "points", cells)
    axes.set_xlim(0, max(bar.out_of for bar in bars))
    for row, bar in enumerate(bars):
        _row(axes, row, bar)
    figure.description = "\n".join([finding(bars), *(f"{bar.name}: {bar}" for bar in bars)])
    return figure


def finding(bars: Sequence[Bar]) -> str:
    """Return the sum, and the exercise in which most points are missing."""
    earned, out_of = sum(bar.points or 0 for bar in bars), sum(bar.out_of for bar in bars)
    total = f"{earned:g} of {out_of:g} points"
    if undecided := [bar for bar in bars if bar.points is None]:
        return f"{total} so far: {sum(bar.out_of for bar in undecided):g} have no verdict yet"
    worst = max(bars, key=lambda bar: bar.out_of - (bar.points or 0))
    missing = worst.out_of - (worst.points or 0)
    if not missing:
        return f"All of {out_of:g} points"
    return f"{total}: most are left in {worst.name} ({missing:g})"


def _row(axes: Axes, row: int, bar: Bar) -> None:
    undecided = {"hatch": palette.HATCH, "edgecolor": "white"} if bar.points is None else {}
    colour = palette.GREY if undecided else palette.PALE
    axes.barh(row, bar.out_of, BAR, color=colour, linewidth=0, **undecided)
    axes.barh(row, bar.points or 0, BAR, color=palette.BLUE)

"""Points of a submission: a bar per exercise, what is earned filled, what is still open hatched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.show import style
from harness.show.style import Margins, Picture, picture

RIGHT_IN = 2.2  # for "12.5 of 15, not graded"
BAR = 0.62  # of a row


@dataclass(frozen=True, slots=True)
class Bar:
    """One exercise. points: None while there are none. verdict: a word, such as "passed"."""

    name: str
    points: float | None
    out_of: float
    verdict: str


def marks(bars: Sequence[Bar]) -> Picture:
    """The bars from top to bottom, in the order of the lab. Raises ValueError for no bars."""
    if not bars:
        raise ValueError("A picture of no marks.")
    margins = Margins(left=style.margin_for(bar.name for bar in bars), right=RIGHT_IN)
    note = "points, earned (filled) of what there is to earn; hatched: no verdict yet"
    height = style.ROW_IN * len(bars)
    figure, (axes,) = picture(finding(bars), note, [height], margins)
    axes.set_xlim(0, max(bar.out_of for bar in bars))
    axes.set_ylim(len(bars) - 0.5, -0.5)
    for row, bar in enumerate(bars):
        _row(axes, row, bar)
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
    style.time_axis(axes, "points")
    figure.description = "\n".join([finding(bars), *map(_words, bars)])
    return figure


def finding(bars: Sequence[Bar]) -> str:
    """The sum, and where most of what is missing lies."""
    earned, out_of = sum(bar.points or 0 for bar in bars), sum(bar.out_of for bar in bars)
    total = f"{earned:g} of {out_of:g} points"
    if still := [bar for bar in bars if bar.points is None]:
        return f"{total} so far: {sum(bar.out_of for bar in still):g} have no verdict yet"
    worst = max(bars, key=lambda bar: bar.out_of - (bar.points or 0))
    missing = worst.out_of - (worst.points or 0)
    if not missing:
        return f"All of {out_of:g} points"
    return f"{total}: most are left in {worst.name} ({missing:g})"


def _row(axes: style.Axes, row: int, bar: Bar) -> None:
    still = {"hatch": style.HATCH, "edgecolor": "white"} if bar.points is None else {}
    axes.barh(row, bar.out_of, BAR, color=style.GREY if still else style.PALE, linewidth=0, **still)
    axes.barh(row, bar.points or 0, BAR, color=style.BLUE)
    style.beside(axes, _words(bar, name=False), row, 72 * RIGHT_IN - 14)


def _words(bar: Bar, name: bool = True) -> str:
    points = "–" if bar.points is None else f"{bar.points:g}"
    text = f"{points} of {bar.out_of:g}, {bar.verdict}"
    return f"{bar.name}: {text}" if name else text

"""Factors, guessed before and measured after: a row for each, around the line where nothing changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.measure.latency.stats import Interval
from harness.show import style
from harness.show.style import Margins, Picture, margin_for, picture

ROW_IN, RIGHT_IN = 0.5, 1.6
GUESS, MEASURED = style.ORANGE, style.BLUE
COLUMNS = (("guessed", 52), ("measured", 106))  # heading, right edge in points
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
AXIS = "logarithmic; ring: your guess, dot: measured, with its 95 % interval where there is one"


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor, above 0. interval: of the measured one, if it was taken often enough for it."""

    name: str
    guessed: float
    measured: float
    interval: Interval | None = None

    @property
    def shown(self) -> tuple[float, ...]:
        """All values that have to fit on the axis."""
        ends = (self.interval.low, self.interval.high) if self.interval else ()
        return (self.guessed, self.measured, *ends)

    @property
    def off(self) -> float:
        """How far the guess was off, as a factor of at least 1."""
        return max(self.guessed, self.measured) / min(self.guessed, self.measured)


def factors(rows: Sequence[Factor], note: str) -> Picture:
    """Ring and dot for each. note: what was measured, in a few words. Raises ValueError for none."""
    if not rows:
        raise ValueError("There is no factor to show: give at least one.")
    margins = Margins(margin_for(row.name for row in rows), RIGHT_IN)
    figure, [axes] = picture(_finding(rows), note, [ROW_IN * len(rows)], margins)
    values = [value for row in rows for value in row.shown]
    axes.set_xscale("log")
    axes.set_xlim(0.7 * min(*values, 0.8), 1.4 * max(*values, 1.3))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.axvline(1, color=style.GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    for y, row in enumerate(rows):
        _row(axes, y, row)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    low, high = axes.get_xlim()
    shown = [x for x in TICKS if low <= x <= high]
    axes.set_xticks(shown, [f"{x:g}" for x in shown])
    axes.minorticks_off()
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([_finding(rows), note, *map(_in_words, rows)])
    return figure


def _row(axes: Axes, y: int, row: Factor) -> None:
    axes.plot([row.guessed, row.measured], [y, y], color=style.PALE, linewidth=4, zorder=1)
    if row.interval:
        axes.hlines(y, row.interval.low, row.interval.high, color=MEASURED, linewidth=3, zorder=2)
    axes.plot(row.measured, y, "o", color=MEASURED, markersize=9, zorder=3)
    axes.plot(row.guessed, y, "o", mfc="none", mec=GUESS, mew=2.5, markersize=13, zorder=4)
    for value, (_, right_pt) in zip((row.guessed, row.measured), COLUMNS, strict=True):
        style.beside(axes, f"{value:.3g}" if value < 10 else f"{value:.0f}", y, right_pt)


def _finding(rows: Sequence[Factor]) -> str:
    worst = max(rows, key=lambda row: row.off)
    if worst.off < 1.25:  # nobody guesses better than to a quarter
        return "Every guess within a quarter of what was measured"
    return f"Furthest off: {worst.name}, by a factor of {worst.off:.1f}"


def _in_words(row: Factor) -> str:
    interval = f" ({row.interval})" if row.interval else ""
    return f"{row.name}: guessed {row.guessed:.3g}, measured {row.measured:.2f}{interval}"

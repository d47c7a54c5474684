"""Factors, guessed before and measured after: a row for each, around the line where nothing changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.stats import Interval
from harness.show import chart, palette
from harness.show.style import Picture

ROW_IN = 0.5
GUESS, MEASURED = palette.ORANGE, palette.BLUE
COLUMNS = chart.Columns(1.6, (("guessed", 52), ("measured", 106)))
AXIS = "logarithmic; ring: your guess, dot: measured, with its 95 % interval where there is one"
CLOSE = 1.25  # guesses within a quarter count as right


@dataclass(frozen=True, slots=True)
class Factor:
    """One factor, above 0; a guess of 0 has no place on the axis.

    interval: of the measured value, if there are enough samples for one.
    """

    name: str
    guessed: float
    measured: float
    interval: Interval | None = None

    @property
    def shown(self) -> tuple[float, ...]:
        """Return all values that have to fit on the axis."""
        ends = (self.interval.low, self.interval.high) if self.interval else ()
        return (*([self.guessed] if self.guessed > 0 else []), self.measured, *ends)

    @property
    def off(self) -> float:
        """Return how far the guess was off, as a factor of at least 1; infinity for a guess of 0."""
        if self.guessed <= 0:
            return math.inf
        return max(self.guessed, self.measured) / min(self.guessed, self.measured)


def factors(rows: Sequence[Factor], note: str) -> Picture:
    """Draw ring and dot for each factor.

    note: what was measured, in a few words. Raises ValueError for no rows.
    """
    chart.require(rows, "factors")
    names = [row.name for row in rows]
    cells = [(_number(row.guessed), _number(row.measured)) for row in rows]
    figure, axes = chart.rows_picture(_finding(rows), note, names, COLUMNS, AXIS, cells, ROW_IN)
    values = [value for row in rows for value in row.shown]
    axes.set_xscale("log")
    axes.set_xlim(0.7 * min(*values, 0.8), 1.4 * max(*values, 1.3))
    chart.ticks(axes.xaxis)
    chart.dashed(axes, "x", 1)
    for y, row in enumerate(rows):
        chart.interval_dot(axes, row.measured, y, row.interval, MEASURED)
        if row.guessed > 0:
            axes.plot(
                [row.guessed, row.measured], [y, y], color=palette.PALE, linewidth=4, zorder=1
            )
            chart.ring(axes, row.guessed, y, GUESS)
    return figure.described(map(_in_words, rows))


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 10 else f"{value:.0f}"


def _finding(rows: Sequence[Factor]) -> str:
    worst = max(rows, key=lambda row: row.off)
    if worst.off == math.inf:
        return f"{worst.name}: a factor is never 0; no change is 1"
    if worst.off < CLOSE:
        return "Every guess within a quarter of what was measured"
    return f"Furthest off: {worst.name}, by a factor of {worst.off:.1f}"


def _in_words(row: Factor) -> str:
    interval = f" ({row.interval})" if row.interval else ""
    return f"{row.name}: guessed {row.guessed:.3g}, measured {row.measured:.2f}{interval}"

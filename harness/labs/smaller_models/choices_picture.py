"""What each choice of layers loses: predicted from one layer at a time, and measured together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.show import chart, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.0
MARGINS = Margins(left=0.75, right=0.4)
AXIS = "predicted loss: the sum of what each dropped layer loses alone"
LABEL = (7, -17)  # points from its dot: below, because losses grow upwards to the right


@dataclass(frozen=True, slots=True)
class Choice:
    """Some dropped layers. predicted, measured: loss, 1 - cosine with the full model's vectors."""

    dropped: tuple[int, ...]
    predicted: float
    measured: float

    def __str__(self) -> str:
        return f"without {', '.join(map(str, self.dropped))}"


def choices(points: Sequence[Choice], named: Sequence[Choice], n: int) -> Picture:
    """Draw all choices as dots, with the names of some.

    named: those with a name, such as the prediction's best and the best measured. n: texts that were
    embedded. Raises ValueError for fewer than two choices.
    """
    chart.require(points, "choices", least=2)
    note = f"each dot is a choice of layers to drop, without tuning; n = {n} questions, measured"
    figure, [axes] = picture(_finding(points), note, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_xlim(0, 1.15 * max(one.predicted for one in points))
    axes.set_ylim(0, 1.15 * max(one.measured for one in points))
    for one in points:
        axes.plot(one.predicted, one.measured, "o", color=palette.GREY, markersize=6, zorder=2)
    for one in named:
        axes.plot(one.predicted, one.measured, "o", color=palette.BLUE, markersize=9, zorder=3)
        style.write(axes, str(one), (one.predicted, one.measured), LABEL, colour=palette.BLUE)
    chart.y_axis(axes, "measured loss, 1 - cosine")
    return figure.described(map(_in_words, points))


def _finding(points: Sequence[Choice]) -> str:
    predicted = min(points, key=lambda one: one.predicted)
    place = 1 + sum(one.measured < predicted.measured for one in points)
    best = min(points, key=lambda one: one.measured)
    if place == 1:
        return f"The prediction's favourite is the best of {len(points)}: {best}"
    return f"The prediction's favourite is number {place} of {len(points)}; the best is {best}"


def _in_words(one: Choice) -> str:
    return f"{one}: predicted {one.predicted:.2f}, measured {one.measured:.2f}"

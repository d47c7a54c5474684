"""Hit rate against false-hit rate as the threshold moves, with and without a guard."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.labs.caching.false_hits import HitRates
from harness.show import chart, style
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.8
MARGINS = Margins(left=0.8, right=1.5)
LOOKS = (chart.RED, chart.BLUE, chart.GREEN)
FLOOR = 0.002  # a logarithmic axis has no zero: a rate of 0 is drawn here
TICKS = {FLOOR: "none", 0.01: "1 %", 0.1: "10 %", 0.5: "50 %"}
NEAR_X, NEAR_LOG_Y = 0.05, 0.5  # a number is 4 % of the axis wide, and as high as a factor of 1.5
AXIS = "hit rate: of the pairs that mean the same"

Curve = Sequence[tuple[float, HitRates]]


def false_hit_curves(curves: Mapping[str, Curve], most_wrong: float) -> Picture:
    """Draw a curve for each cache; each point is a threshold.

    curves: name -> (threshold, rates), from high to low. most_wrong: the false-hit rate that is allowed.
    Raises ValueError for no curve, or more than three.
    """
    chart.require(curves, "curves", most=len(LOOKS))
    n = max(rates.hits.n for points in curves.values() for _, rates in points)
    note = f"share of hits that are wrong, logarithmic; {n} pairs that mean the same; numbers: threshold"
    figure, [axes] = picture(_finding(curves, most_wrong), note, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_yscale("log")
    axes.set_xlim(0, 1.04)
    axes.set_ylim(FLOOR / 1.4, 1)
    for (name, points), look in zip(curves.items(), LOOKS, strict=False):
        if shown := [(threshold, rates) for threshold, rates in points if rates.wrong.n]:
            _curve(axes, name, shown, look)
    chart.bound(axes, "y", most_wrong, "above")
    chart.ticks(axes.yaxis, TICKS, TICKS.__getitem__)
    chart.y_axis(axes)
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    return figure.described(_in_words(*item) for item in curves.items())


def _curve(axes: Axes, name: str, curve: Curve, look: chart.Look) -> None:
    points = [(rates.hits.rate, max(rates.wrong.rate, FLOOR)) for _, rates in curve]
    chart.curve(axes, points, look, size=6, name=name)
    text = {"colour": look.colour, "size": style.SMALL_PT - 1, "ha": "right"}
    for number in _apart(points):
        style.write(axes, f"{curve[number][0]:.2f}", points[number], (-5, 4), **text)


def _apart(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return the points with space for a number: the last, and those far from the one numbered before."""
    chosen = [len(points) - 1]
    for number in reversed(range(len(points) - 1)):
        (x, y), (last_x, last_y) = points[number], points[chosen[-1]]
        if abs(x - last_x) > NEAR_X or abs(math.log(y / last_y)) > NEAR_LOG_Y:
            chosen.append(number)
    return chosen


def _finding(curves: Mapping[str, Curve], most_wrong: float) -> str:
    parts = [f"{_best(curve, most_wrong)} {name}" for name, curve in curves.items()]
    return f"Hit rate with at most {percent(most_wrong)} wrong hits: {', '.join(parts)}"


def _best(curve: Curve, most_wrong: float) -> str:
    safe = [
        rates.hits.rate for _, rates in curve if rates.wrong.n and rates.wrong.rate <= most_wrong
    ]
    return percent(max(safe, default=0.0))


def _in_words(name: str, curve: Curve) -> str:
    return f"{name}: " + "; ".join(
        f"{threshold:.2f} hits {rates.hits}, wrong {rates.wrong}" for threshold, rates in curve
    )

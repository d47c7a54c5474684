"""Hit rate against false-hit rate as the threshold moves, with and without a guard."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.labs.caching.false_hits import Judged
from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 2.8
LOOKS = ((style.VERMILLION, "s", "--"), (style.BLUE, "o", "-"), (style.GREEN, "^", "-."))
FLOOR = 0.002  # a logarithmic axis has no zero: no wrong hit at all is drawn here
NEAR_X, NEAR_LOG_Y = 0.05, 0.5  # a number is 4 % of the axis wide, and as high as a factor of 1.5
AXIS = "hit rate: of the pairs that mean the same"


def false_hits(curves: Mapping[str, Sequence[tuple[float, Judged]]], most_wrong: float) -> Picture:
    """Curves name -> (threshold, what it does), from high to low; most_wrong: the share that is allowed.

    Raises ValueError for no curve, or more than three.
    """
    if not 1 <= len(curves) <= len(LOOKS):
        raise ValueError(f"Give 1 to {len(LOOKS)} curves, not {len(curves)}.")
    title = _finding(curves, most_wrong)
    n = max(one.hits.n for curve in curves.values() for _, one in curve)
    note = f"share of hits that are wrong, logarithmic; {n} pairs that mean the same; numbers: threshold"
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.8, right=1.5))
    axes.set_yscale("log")
    for (name, curve), look in zip(curves.items(), LOOKS, strict=False):
        _curve(axes, name, [(t, one) for t, one in curve if one.wrong.n], look)
    axes.set_xlim(0, 1.04)
    axes.set_ylim(FLOOR / 1.4, 1)
    axes.axhspan(most_wrong, 1, color=style.LIMIT, alpha=0.05, linewidth=0, zorder=0)
    axes.axhline(most_wrong, color=style.LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    ticks = {FLOOR: "none", 0.01: "1 %", 0.1: "10 %", 0.5: "50 %"}
    axes.set_yticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.xaxis.set_major_formatter(lambda value, _: style.percent(value))
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *map(_in_words, curves.items())])
    return figure


def _curve(
    axes: Axes, name: str, curve: Sequence[tuple[float, Judged]], look: tuple[str, str, str]
) -> None:
    if not curve:
        return
    colour, mark, line = look
    x = [one.hits.rate for _, one in curve]
    y = [max(one.wrong.rate, FLOOR) for _, one in curve]
    axes.plot(x, y, line, marker=mark, color=colour, markersize=6, zorder=3)
    for number in _apart(x, y):
        axes.annotate(
            f"{curve[number][0]:.2f}",
            (x[number], y[number]),
            xytext=(-5, 4),
            textcoords="offset points",
            ha="right",
            fontsize=style.SMALL_PT - 1,
            color=colour,
        )
    axes.annotate(
        name,
        (x[-1], y[-1]),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.TEXT_PT,
        weight="bold",
        color=colour,
        annotation_clip=False,
    )


def _apart(x: Sequence[float], y: Sequence[float]) -> list[int]:
    """The points that have room for a number: the last one, and what is far from the one numbered before."""
    chosen = [len(x) - 1]
    for number in reversed(range(len(x) - 1)):
        last = chosen[-1]
        if abs(x[number] - x[last]) > NEAR_X or abs(math.log(y[number] / y[last])) > NEAR_LOG_Y:
            chosen.append(number)
    return chosen


def _finding(curves: Mapping[str, Sequence[tuple[float, Judged]]], most_wrong: float) -> str:
    parts = [f"{_best(curve, most_wrong)} {name}" for name, curve in curves.items()]
    return f"Hit rate with at most {style.percent(most_wrong)} wrong hits: {', '.join(parts)}"


def _best(curve: Sequence[tuple[float, Judged]], most_wrong: float) -> str:
    safe = [one.hits.rate for _, one in curve if one.wrong.n and one.wrong.rate <= most_wrong]
    return style.percent(max(safe, default=0.0))


def _in_words(curve: tuple[str, Sequence[tuple[float, Judged]]]) -> str:
    name, points = curve
    return f"{name}: " + "; ".join(
        f"{t:.2f} hits {one.hits}, wrong {one.wrong}" for t, one in points
    )

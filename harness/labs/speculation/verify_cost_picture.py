"""The cost of one step over n tokens, in units of a step over one."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.show import chart, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.6
MARGINS = Margins(left=0.6, right=1.6)  # right: names at the ends of the curves
LOOKS = tuple(look._replace(line="-") for look in chart.LOOKS)  # dashed lines are the bounds
APART = 0.07  # of the height: least distance of two names
AXIS = "tokens checked in one step (n)"
NOTE = "v(n) = time of a step over n tokens ÷ time of a step over one; medians, sizes in turn"


def verify_cost(curves: Mapping[str, Mapping[int, float]]) -> Picture:
    """Draw curves name -> {n: v(n)}, with v(1) = 1, between v(n) = 1 (free) and v(n) = n (one by one).

    Raises ValueError for no curve, or more than four.
    """
    chart.require(curves, "curves", most=len(LOOKS))
    figure, [axes] = picture(_finding(curves), NOTE, [HEIGHT_IN], MARGINS, AXIS)
    most = max(max(v) for v in curves.values())
    axes.set_xlim(0.8, most + 0.15)
    axes.set_ylim(0, max(1.1 * max(max(v.values()) for v in curves.values()), 2))
    _bounds(axes, most)
    ends = []
    for (name, v), look in zip(curves.items(), LOOKS, strict=False):
        chart.curve(axes, sorted(v.items()), look)
        ends.append((v[max(v)], f"{name}: {v[max(v)]:.1f}", look.colour))
    chart.name_the_ends(axes, ends, APART)
    axes.set_xticks(sorted({n for v in curves.values() for n in v}))
    chart.y_axis(axes)
    return figure.described(_in_words(*item) for item in curves.items())


def _bounds(axes: Axes, most: int) -> None:
    """Draw v(n) = 1, where checking is free, and v(n) = n, where it costs as much as one by one."""
    line = {"color": palette.GREY, "linestyle": chart.DASHES, "linewidth": 1.2, "zorder": 1}
    axes.plot([1, most], [1, 1], **line)
    axes.plot([1, most], [1, most], **line)
    style.write(axes, "free", (1, 1), (4, -11), colour=palette.FAINT)
    n = min(most, 0.93 * axes.get_ylim()[1])
    style.write(axes, "one by one", (n, n), (-6, 0), colour=palette.FAINT, ha="right")


def _finding(curves: Mapping[str, Mapping[int, float]]) -> str:
    n = max(set.intersection(*(set(v) for v in curves.values())))
    costs = sorted((v[n], name) for name, v in curves.items())
    parts = ", ".join(f"{cost:.1f} in {name}" for cost, name in costs)
    return f"Cost of a step over {n} tokens, in plain steps: {parts}"


def _in_words(name: str, v: Mapping[int, float]) -> str:
    return f"{name}: " + ", ".join(f"v({n}) {v[n]:.2f}" for n in sorted(v))

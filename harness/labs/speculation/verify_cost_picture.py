"""What one step over n tokens costs, in units of a step over one: the curve that speculation lives on."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 2.6
RIGHT_IN = 1.6  # for the names at the ends of the curves
LOOKS = (  # told apart by colour, by mark and by line
    (style.BLUE, "o", "-"),
    (style.VERMILLION, "s", "-"),
    (style.GREEN, "^", "-"),
    (style.PURPLE, "D", "-"),
)
APART = 0.07  # of the axis: names at the ends of curves do not touch
AXIS = "tokens checked in one step (n)"


def verify_cost(curves: Mapping[str, Mapping[int, float]]) -> Picture:
    """Curves name -> {n: v(n)}, v(1) = 1, between "free" and "as dear as one by one".

    Raises ValueError for no curve, or more than four.
    """
    if not 1 <= len(curves) <= len(LOOKS):
        raise ValueError(f"Give 1 to {len(LOOKS)} curves, not {len(curves)}.")
    note = "v(n) = time of a step over n tokens ÷ time of a step over one; medians, sizes in turn"
    figure, [axes] = picture(_finding(curves), note, [HEIGHT_IN], Margins(left=0.6, right=RIGHT_IN))
    most = max(max(v) for v in curves.values())
    top = 1.1 * max(max(v.values()) for v in curves.values())
    axes.set_xlim(0.8, most + 0.15)
    axes.set_ylim(0, max(top, 2))
    _bounds(axes, most)
    looks = zip(curves.items(), LOOKS, strict=False)
    names = [(v[max(v)], name, _curve(axes, v, look)) for (name, v), look in looks]
    ends = [(end, f"{name}: {end:.1f}", colour) for end, name, colour in names]
    style.name_the_ends(axes, ends, APART)
    axes.set_xticks(sorted({n for v in curves.values() for n in v}))
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([_finding(curves), note, *map(_in_words, curves.items())])
    return figure


def _curve(axes: Axes, v: Mapping[int, float], look: tuple[str, str, str]) -> str:
    colour, mark, line = look
    sizes = sorted(v)
    axes.plot(sizes, [v[n] for n in sizes], line, marker=mark, color=colour, markersize=7, zorder=3)
    return colour


def _bounds(axes: Axes, most: int) -> None:
    """Free at the bottom; at the top nothing is gained, because one by one costs the same."""
    for line, text in (([1, 1], "free"), ([1, most], "one by one")):
        axes.plot([1, most], line, color=style.GREY, linestyle=(0, (4, 2)), linewidth=1.2, zorder=1)
        at = min(line[1], 0.93 * axes.get_ylim()[1])
        x = 1 + (most - 1) * (at - 1) / (most - 1) if line[1] > 1 else 1
        axes.annotate(
            text,
            (x, at),
            xytext=(4, -11) if line[1] == 1 else (-6, 0),
            textcoords="offset points",
            ha="left" if line[1] == 1 else "right",
            fontsize=style.SMALL_PT,
            color=style.FAINT,
        )


def _finding(curves: Mapping[str, Mapping[int, float]]) -> str:
    n = max(set.intersection(*(set(v) for v in curves.values())))
    costs = sorted((v[n], name) for name, v in curves.items())
    parts = ", ".join(f"{cost:.1f} in {name}" for cost, name in costs)
    return f"A step over {n} tokens costs as many plain steps as this: {parts}"


def _in_words(curve: tuple[str, Mapping[int, float]]) -> str:
    name, v = curve
    return f"{name}: " + ", ".join(f"v({n}) {v[n]:.2f}" for n in sorted(v))

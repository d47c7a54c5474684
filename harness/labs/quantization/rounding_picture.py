"""What bits buy: the error of rounded weights against the bits that each of them takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 2.9
RIGHT_IN = 1.5
LOOKS = ((style.BLUE, "o", "-"), (style.VERMILLION, "s", "--"))
FILES = style.INK
AXIS = "bits a weight in all, its share of the scales included"

Curve = Sequence[tuple[float, float]]  # (bits a weight, relative error), few bits first


def rounding(curves: Mapping[str, Curve], files: Mapping[str, tuple[float, float]]) -> Picture:
    """Relative errors of one or two ways to round, as lines, and of model files, as crosses.

    Raises ValueError for no curve, or more than two.
    """
    if not 1 <= len(curves) <= len(LOOKS):
        raise ValueError(f"Give 1 or {len(LOOKS)} curves, not {len(curves)}.")
    note = "root mean square of what is lost, relative to the weights; one matrix of the model"
    title = _finding(curves)
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.75, right=RIGHT_IN))
    axes.set_yscale("log")
    for (name, points), (colour, mark, line) in zip(curves.items(), LOOKS, strict=False):
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, line, marker=mark, color=colour, markersize=6, zorder=3)
        _beside(axes, name, points[-1], colour, (9, 0), "left")
    for name, point in files.items():
        axes.plot(*point, "x", color=FILES, markersize=9, mew=2.2, zorder=4)
        _beside(axes, name, point, FILES, (-7, -9), "right")
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.margins(y=0.12)
    axes.minorticks_off()
    style.time_axis(axes, AXIS)
    rows = (
        f"{name}: " + ", ".join(f"{b:.1f} bits {e:.2%}" for b, e in c) for name, c in curves.items()
    )
    marks = (f"file {name}: {bits:.1f} bits, {error:.2%}" for name, (bits, error) in files.items())
    figure.description = "\n".join([title, note, *rows, *marks])
    return figure


def _beside(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    colour: str,
    shift: tuple[int, int],
    side: str,
) -> None:
    axes.annotate(
        text,
        at,
        xytext=shift,
        textcoords="offset points",
        ha=side,
        va="center",
        fontsize=style.SMALL_PT,
        weight="bold",
        color=colour,
        annotation_clip=False,
    )


def _finding(curves: Mapping[str, Curve]) -> str:
    name, points = next(iter(curves.items()))
    (few_bits, few), (many_bits, many) = points[0], points[-1]
    return (
        f"{name[0].upper()}{name[1:]}: {100 * few:.1f} % is lost at {few_bits:.1f} bits a weight, "
        f"{100 * many:.2g} % at {many_bits:.1f}"
    )

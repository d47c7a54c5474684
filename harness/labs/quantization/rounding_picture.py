"""The error of rounded weights against the bits per weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.show import chart, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.9
MARGINS = Margins(left=0.75, right=1.5)
LOOKS = (chart.BLUE, chart.RED)
FILES = palette.INK
AXIS = "bits a weight, its share of the scales included"
NOTE = "root mean square of the error, relative to that of the weights; one matrix of the model"

Curve = Sequence[tuple[float, float]]  # (bits a weight, relative error), few bits first


def rounding(curves: Mapping[str, Curve], files: Mapping[str, tuple[float, float]]) -> Picture:
    """Draw the relative errors of one or two ways to round, as lines, and of model files, as crosses.

    files: name -> (bits per weight, relative error). Raises ValueError for no curve, or more than two.
    """
    chart.require(curves, "curves", most=len(LOOKS))
    figure, [axes] = picture(_finding(curves), NOTE, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_yscale("log")
    label = {"va": "center", "weight": "bold"}
    for (name, points), look in zip(curves.items(), LOOKS, strict=False):
        chart.curve(axes, points, look, size=6)
        style.write(axes, name, points[-1], (9, 0), colour=look.colour, **label)
    for name, point in files.items():
        axes.plot(*point, "x", color=FILES, markersize=9, mew=2.2, zorder=4)
        style.write(axes, name, point, (-7, -9), colour=FILES, ha="right", **label)
    chart.y_axis(axes, form=lambda share: f"{100 * share:g} %")
    axes.margins(y=0.12)
    axes.minorticks_off()
    rows = [f"{name}: {_in_words(points)}" for name, points in curves.items()]
    marks = [f"file {name}: {bits:.1f} bits, {error:.2%}" for name, (bits, error) in files.items()]
    return figure.described(rows + marks)


def _finding(curves: Mapping[str, Curve]) -> str:
    name, points = next(iter(curves.items()))
    (few_bits, few), (many_bits, many) = points[0], points[-1]
    return (
        f"{name[0].upper()}{name[1:]}: {100 * few:.1f} % is lost at {few_bits:.1f} bits a weight, "
        f"{100 * many:.2g} % at {many_bits:.1f}"
    )


def _in_words(points: Curve) -> str:
    return ", ".join(f"{bits:.1f} bits {error:.2%}" for bits, error in points)

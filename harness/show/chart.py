"""Parts that charts share: rows with columns of numbers, curves, intervals, limits, ticks and labels.

A picture's module maps its data to these marks and computes its finding; sizes and colours are in
`harness.show.style`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Sized
from dataclasses import dataclass
from typing import Literal, NamedTuple

from matplotlib.axes import Axes
from matplotlib.axis import Axis

from harness.measure.stats import Interval
from harness.show import palette, style
from harness.show.style import Margins, Picture, beside, margin_for, picture, write

BAR = 0.62  # thickness of a bar, of a row's height
DASHES = (0, (4, 2))
ONE_TWO_FIVE = tuple(m * 10.0**power for power in range(-3, 6) for m in (1, 2, 5))
RATIOS = (0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6)


class Look(NamedTuple):
    """Colour, marker and line style of a curve."""

    colour: str
    marker: str
    line: str = "-"


# Distinguishable by colour, by marker and by line.
BLUE = Look(palette.BLUE, "o", "-")
RED = Look(palette.VERMILLION, "s", "--")
GREEN = Look(palette.GREEN, "^", "-.")
PURPLE = Look(palette.PURPLE, "D", ":")
LOOKS = (BLUE, RED, GREEN, PURPLE)


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of numbers right of the axes.

    width_in: inches that they take. edges: (heading, right edge in points from the axes) of each.
    """

    width_in: float
    edges: tuple[tuple[str, float], ...]

    def write(self, axes: Axes, y: float, texts: Iterable[str], weight: str = "normal") -> None:
        """Write one row of numbers."""
        for text, (_, right_pt) in zip(texts, self.edges, strict=True):
            beside(axes, text, y, right_pt, weight)

    def write_headings(self, axes: Axes) -> None:
        """Write the headings above the axes."""
        for text, right_pt in self.edges:
            look = {"colour": palette.FAINT, "ha": "right"}
            write(axes, text, (1, 1), (right_pt, 3), "axes fraction", **look)


def require(items: Sized, what: str, least: int = 1, most: int | None = None) -> None:
    """Raise ValueError unless there are `least` to `most` items; `what` names them in the message."""
    if len(items) < least or (most is not None and len(items) > most):
        number = f"at least {least}" if most is None else f"{least} to {most}"
        raise ValueError(f"Give {number} {what}, not {len(items)}.")


def rows_picture(
    title: str,
    note: str,
    names: Sequence[str],
    columns: Columns,
    axis: str,
    cells: Iterable[Iterable[str]] = (),
    row_in: float = style.ROW_IN,
) -> tuple[Picture, Axes]:
    """Return a picture with one named row for each of `names`, the first at the top, and its axes.

    cells: texts of the columns, row by row. row_in: height of a row in inches.
    """
    margins = Margins(margin_for(names), columns.width_in)
    figure, [axes] = picture(title, note, [row_in * len(names)], margins, axis)
    name_rows(axes, names)
    columns.write_headings(axes)
    for y, texts in enumerate(cells):
        columns.write(axes, y, texts)
    return figure, axes


def name_rows(axes: Axes, names: Sequence[str], above: float = 0.0) -> None:
    """Turn the y axis into named rows, the first at the top; `above`: rows left free above the first."""
    axes.set_ylim(len(names) - 0.5, -0.5 - above)
    axes.set_yticks(range(len(names)), names)


def y_axis(axes: Axes, text: str = "", form: Callable[[float], str] | None = None) -> None:
    """Format the y axis as numbers in small print, written by `form`, with `text` as its label."""
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=palette.FAINT)
    axes.set_ylabel(text, fontsize=style.SMALL_PT, color=palette.FAINT)
    if form:
        axes.yaxis.set_major_formatter(lambda value, _: form(value))


def ticks(
    axis: Axis,
    values: Iterable[float] = ONE_TWO_FIVE,
    form: Callable[[float], str] = "{:g}".format,
) -> None:
    """Set a tick at each of `values` in view, and no minor ticks; call it when the limits are set."""
    low, high = axis.get_view_interval()
    shown = [value for value in values if low <= value <= high]
    axis.set_ticks(shown, labels=[form(value) for value in shown])
    axis.axes.minorticks_off()


def speedup_axis(axes: Axes, values: Iterable[float]) -> None:
    """Format the x axis for speed-ups: logarithmic, fits `values`, the side below 1 tinted as a loss."""
    values = list(values)
    axes.set_xscale("log")
    axes.set_xlim(0.85 * min(*values, 0.8), 1.18 * max(*values, 1.25))
    ticks(axes.xaxis, RATIOS)
    bound(axes, "x", 1, "below")


def curve(
    axes: Axes,
    points: Iterable[tuple[float, float]],
    look: Look,
    size: float = 7,
    name: str = "",
    **more: object,
) -> None:
    """Draw points joined by a line; `name` stands at its end."""
    xs, ys = zip(*points, strict=True)
    more = {"marker": look.marker, "color": look.colour, "markersize": size, "zorder": 3} | more
    axes.plot(xs, ys, look.line, **more)
    if name:
        text = {"size": style.TEXT_PT, "weight": "bold", "va": "center"}
        write(axes, name, (xs[-1], ys[-1]), (10, 0), colour=look.colour, **text)


def interval_dot(
    axes: Axes,
    value: float,
    y: float,
    interval: Interval | None,
    colour: str,
    marker: str = "o",
    size: float = 9,
) -> None:
    """Draw a measured value in its row, on a bar for its interval where there is one."""
    if interval:
        axes.hlines(y, interval.low, interval.high, color=colour, linewidth=3, zorder=2)
    axes.plot(value, y, marker, color=colour, markersize=size, zorder=3)


def ring(axes: Axes, value: float, y: float, colour: str, zorder: float = 4) -> None:
    """Draw a ring, large enough to be seen around a dot: a value computed or guessed before."""
    axes.plot(value, y, "o", mfc="none", mec=colour, mew=2.5, markersize=13, zorder=zorder)


def dashed(
    axes: Axes,
    axis: Literal["x", "y"],
    value: float,
    colour: str = palette.GREY,
    width: float = 1.2,
    zorder: float = 1,
) -> None:
    """Draw a dashed line across the axes at `value` of the x or the y axis."""
    line = axes.axvline if axis == "x" else axes.axhline
    line(value, color=colour, linewidth=width, linestyle=DASHES, zorder=zorder)


def bound(
    axes: Axes,
    axis: Literal["x", "y"],
    value: float,
    side: Literal["below", "above"],
    colour: str = palette.LIMIT,
    width: float = 1.4,
    zorder: float = 1,
) -> None:
    """Draw a dashed line at `value` and tint the forbidden `side` of it; call it when the limits are set."""
    span, limits = (
        (axes.axvspan, axes.get_xlim()) if axis == "x" else (axes.axhspan, axes.get_ylim())
    )
    span(value, limits[side == "above"], color=colour, alpha=0.05, linewidth=0, zorder=0)
    dashed(axes, axis, value, colour, width, zorder)


def limit_line(axes: Axes, limit_ms: float, label: bool = True) -> None:
    """Draw the limit as a vertical line, the times above it tinted; call it when the x limits are set."""
    bound(axes, "x", limit_ms, "above", zorder=3)
    if label:
        text = f"limit {limit_ms:,.0f} ms"
        write(axes, text, (limit_ms, 1), (0, 3), style.Y_SHARE, colour=palette.LIMIT, ha="center")


def name_the_ends(
    axes: Axes, ends: Iterable[tuple[float, str, str]], apart: float, weight: str = "bold"
) -> None:
    """Write the names of curves right of the axes: (height of the curve's end, text, colour) for each.

    apart: smallest distance of two names, as a share of the axes' height. Call it when the y limits are set.
    """
    bottom, top = axes.get_ylim()
    y = bottom - apart * (top - bottom)
    for end, text, colour in sorted(ends):
        y = max(end, y + apart * (top - bottom))
        look = {"colour": colour, "size": style.TEXT_PT, "va": "center", "weight": weight}
        write(axes, text, (1, y), (8, 0), style.X_SHARE, **look)

"""Colours, sizes and number formats of all pictures, and the empty `Picture` that a chart is drawn on.

Figures are made without pyplot, so that no state outlives a notebook cell. `Picture` displays itself in
Jupyter; where only text is displayed (a graded notebook, a screen reader), it gives its description instead.
The marks that several charts share are in `harness.show.chart`.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness.show.palette import FAINT, GREY, INK

WIDTH_IN = 9.0  # the width that JupyterLab shows without scaling
TOP_IN, BOTTOM_IN = 0.62, 0.55  # for the title and for the axis
CHAR_IN = 0.088  # of bold 10 pt text
ROW_IN = 0.42
TITLE_PT, TEXT_PT, SMALL_PT = 12, 10, 9
TITLE_CHARS = 84  # of bold 12 pt text that fit into 9 in
TITLE_LINE_IN = 0.2
X_SHARE = ("axes fraction", "data")  # x as a share of the axes' width, y in data
Y_SHARE = ("data", "axes fraction")
DPI = 192  # twice the displayed resolution, for sharp text on dense screens


class Picture(Figure):
    """A Figure that displays itself without pyplot; `description` is its content in plain text."""

    description = ""

    def described(self, lines: Iterable[str]) -> Picture:
        """Append `lines` to the description, which starts with title and note, and return the picture."""
        self.description = "\n".join([self.description, *lines])
        return self

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DPI)
        width, height = (round(inches * DPI / 2) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}

    def __repr__(self) -> str:
        return self.description or super().__repr__()


@dataclass(frozen=True, slots=True)
class Margins:
    """Inches left of the axes (names of rows), right of them (numbers), and between one axes and the next."""

    left: float = 0.3
    right: float = 0.3
    between: float = 0.0


def picture(
    title: str, note: str, heights: list[float], margins: Margins, axis: str = ""
) -> tuple[Picture, list[Axes]]:
    """Return a picture 9 in wide and its axes, one below the other, with the given heights in inches.

    title: the finding. note: what the numbers are, in small print below it. axis: label of the x axis at the
    bottom. The description starts with title and note.
    """
    lines = textwrap.wrap(title, TITLE_CHARS)
    top = TOP_IN + TITLE_LINE_IN * len(lines)
    total = top + sum(heights) + margins.between * (len(heights) - 1) + BOTTOM_IN
    figure = Picture(figsize=(WIDTH_IN, total), facecolor="white")
    figure.description = f"{title}\n{note}"
    _write_title(figure, lines, note, total)
    axes, bottom = [], total - top
    for height in heights:
        bottom -= height
        width = WIDTH_IN - margins.left - margins.right
        box = (margins.left / WIDTH_IN, bottom / total, width / WIDTH_IN, height / total)
        axes.append(_plain(figure.add_axes(box)))
        bottom -= margins.between
    label_x(axes[-1], axis)
    return figure, axes


def _write_title(figure: Figure, lines: list[str], note: str, height_in: float) -> None:
    def at(inches_from_top: float) -> float:
        return 1 - inches_from_top / height_in

    text = {"ha": "left", "va": "top"}
    finding, below = "\n".join(lines), at(0.18 + TITLE_LINE_IN * len(lines))
    figure.text(0.012, at(0.12), finding, fontsize=TITLE_PT, weight="bold", color=INK, **text)
    figure.text(0.012, below, note, fontsize=SMALL_PT, color=FAINT, **text)


def _plain(axes: Axes) -> Axes:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(GREY)
    axes.tick_params(axis="x", labelsize=SMALL_PT, colors=FAINT)
    axes.tick_params(axis="y", length=0, labelsize=TEXT_PT, labelcolor=INK)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    return axes


def margin_for(labels: Iterable[str]) -> float:
    """Return the inches that the longest of the row names needs at the left."""
    return 0.3 + CHAR_IN * max(map(len, labels))


def label_x(axes: Axes, text: str) -> None:
    """Label the x axis."""
    axes.set_xlabel(text, fontsize=SMALL_PT, color=FAINT)


def write(
    axes: Axes,
    text: str,
    at: tuple[float, float],
    shift_pt: tuple[float, float] = (0, 0),
    coords: str | tuple[str, str] = "data",
    colour: str = INK,
    size: float = SMALL_PT,
    **look: object,
) -> None:
    """Write `text` at the point `at`, moved by `shift_pt` points, also where that lies outside the axes.

    coords: matplotlib's coordinates of `at`, see X_SHARE and Y_SHARE. look: alignment, weight and the like.
    """
    axes.annotate(
        text,
        at,
        xycoords=coords,
        xytext=shift_pt,
        textcoords="offset points",
        fontsize=size,
        color=colour,
        annotation_clip=False,
        **look,
    )


def beside(axes: Axes, text: str, y: float, right_pt: float, weight: str = "normal") -> None:
    """Write a number right of the axes, its right edge `right_pt` points from them."""
    look = {"ha": "right", "va": "center_baseline", "weight": weight}
    write(axes, text, (1, y), (right_pt, 0), X_SHARE, size=TEXT_PT, **look)

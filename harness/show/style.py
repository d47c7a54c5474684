"""Colours, sizes and number formats of every picture, once.

Figures are made without pyplot, so no state outlives a cell. `Picture` shows itself in Jupyter and, where
only text is shown (a graded notebook, a screen reader), says in words what it shows.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from harness import semconv

# Okabe and Ito, "Color Universal Design" (2008): told apart with every kind of colour blindness.
GREY, SKY, GREEN, BLUE, PURPLE = "#999999", "#56B4E9", "#009E73", "#0072B2", "#CC79A7"
ORANGE, VERMILLION = "#E69F00", "#D55E00"
INK, FAINT, PALE = "#222222", "#666666", "#E4E4E4"  # text, secondary text, what is not there
LIMIT = VERMILLION

STAGE_COLOURS = {
    semconv.NETWORK: GREY,
    semconv.PREPROCESS: SKY,
    semconv.RETRIEVE: GREEN,
    semconv.GENERATE: BLUE,
    semconv.POSTPROCESS: PURPLE,
}
HATCH = "/////"  # on every bar whose time is emulated

WIDTH_IN = 9.0  # what JupyterLab shows without scaling
TOP_IN, BOTTOM_IN = 0.62, 0.55  # room for the title and for the axis
CHAR_IN = 0.088  # of bold 10 pt text
ROW_IN = 0.42
TITLE_PT, TEXT_PT, SMALL_PT = 12, 10, 9
TITLE_CHARS = 84  # of bold 12 pt text that fit into 9 in
TITLE_LINE_IN = 0.2
DPI = 192  # twice what is shown, for sharp text on dense screens


class Picture(Figure):
    """A Figure that needs no pyplot to be shown; `description` is what it says in plain text."""

    description = ""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DPI)
        width, height = (round(inches * DPI / 2) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}

    def __repr__(self) -> str:
        return self.description or super().__repr__()


@dataclass(frozen=True, slots=True)
class Margins:
    """Inches around the axes: for row names at the left, numbers at the right, and between axes."""

    left: float = 0.3
    right: float = 0.3
    between: float = 0.0


def picture(
    title: str, note: str, heights: list[float], margins: Margins
) -> tuple[Picture, list[Axes]]:
    """A picture 9 in wide with one pair of axes for each height (in inches), one below the other.

    title: the finding. note: what the numbers are, in small print below it.
    """
    lines = textwrap.wrap(title, TITLE_CHARS)
    top = TOP_IN + TITLE_LINE_IN * len(lines)
    total = top + sum(heights) + margins.between * (len(heights) - 1) + BOTTOM_IN
    figure = Picture(figsize=(WIDTH_IN, total), facecolor="white")
    _write_title(figure, lines, note, total)
    axes, bottom = [], total - top
    for height in heights:
        bottom -= height
        width = WIDTH_IN - margins.left - margins.right
        box = (margins.left / WIDTH_IN, bottom / total, width / WIDTH_IN, height / total)
        axes.append(_plain(figure.add_axes(box)))
        bottom -= margins.between
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


def time_axis(axes: Axes, text: str) -> None:
    """What the axis at the bottom shows."""
    axes.set_xlabel(text, fontsize=SMALL_PT, color=FAINT)


def margin_for(labels: Iterable[str]) -> float:
    """Inches that the longest of the row names needs at the left."""
    return 0.3 + CHAR_IN * max(map(len, labels))


def beside(axes: Axes, text: str, y: float, right_pt: float, weight: str = "normal") -> None:
    """A number in a column right of the axes, its right edge `right_pt` points from them."""
    axes.annotate(
        text,
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(right_pt, 0),
        textcoords="offset points",
        ha="right",
        va="center_baseline",
        fontsize=TEXT_PT,
        weight=weight,
        color=INK,
        annotation_clip=False,
    )


def heading(axes: Axes, text: str, right_pt: float) -> None:
    """What stands in the column that `beside` writes."""
    at = {"xycoords": "axes fraction", "textcoords": "offset points"}
    axes.annotate(
        text, (1, 1), xytext=(right_pt, 3), ha="right", fontsize=SMALL_PT, color=FAINT, **at
    )


def name_the_ends(
    axes: Axes, ends: Iterable[tuple[float, str, str]], apart: float, weight: str = "bold"
) -> None:
    """Names of curves right of the axes: (height of the curve's end, text, colour) for each.

    apart: of the axes' height, least distance of two names; call it when the y limits are set.
    """
    bottom, top = axes.get_ylim()
    low = bottom - apart * (top - bottom)
    for end, text, colour in sorted(ends):
        low = max(end, low + apart * (top - bottom))
        axes.annotate(
            text,
            (1, low),
            xycoords=("axes fraction", "data"),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=TEXT_PT,
            weight=weight,
            color=colour,
            annotation_clip=False,
        )


def limit_line(axes: Axes, limit_ms: float, label: bool = True) -> None:
    """The limit as a vertical line, what lies beyond it tinted; call it when the x limits are set."""
    axes.axvspan(limit_ms, axes.get_xlim()[1], color=LIMIT, alpha=0.05, linewidth=0, zorder=0)
    axes.axvline(limit_ms, color=LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=3)
    if label:
        axes.annotate(
            f"limit {limit_ms:,.0f} ms",
            (limit_ms, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL_PT,
            color=LIMIT,
        )


def ms(value: float) -> str:
    """Milliseconds with decimals where they matter: "2,500 ms", "8.4 ms", "0.42 ms"."""
    decimals = 0 if value >= 10 or value == 0 else 1 if value >= 1 else 2
    return f"{value:,.{decimals}f} ms"


def duration(value_ms: float) -> str:
    """A time for titles: "3.2 s", and "419 ms" below a second."""
    return f"{value_ms / 1000:.1f} s" if round(value_ms) >= 1000 else ms(value_ms)


def percent(share: float) -> str:
    """A share in percent: "78 %", and "<1 %" rather than a zero that is none."""
    return "<1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"

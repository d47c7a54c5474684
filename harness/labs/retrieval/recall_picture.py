"""Recall against time, one curve for each way to search, and the exact search as a star at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 3.4
RIGHT_IN = 1.9  # for the names at the ends of the curves
LOOKS = (  # told apart by colour, by mark and by line
    (style.BLUE, "o", "-"),
    (style.VERMILLION, "s", "--"),
    (style.GREEN, "^", "-."),
    (style.PURPLE, "D", ":"),
)
FLOOR_COLOUR = style.FAINT
APART = 0.075  # of the height: names at the ends of curves do not touch
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200)
AXIS = "ms a query, p50, logarithmic (left is faster)"


@dataclass(frozen=True, slots=True)
class Spot:
    """One setting of one search. label: what was set, as short as "32"."""

    label: str
    recall: float
    ms: float


def recall_curves(
    curves: Mapping[str, Sequence[Spot]], exact_ms: float, floor: float, note: str, setting: str
) -> Picture:
    """Curves name -> spots in the order of the setting; `floor`: the recall that is asked for, 0 to 1.

    note: what was searched, k, and how many queries. setting: what a spot's label is, such as "ef".
    Raises ValueError for no curve, or more than four.
    """
    if not 1 <= len(curves) <= len(LOOKS) or not all(curves.values()):
        raise ValueError(f"Give 1 to {len(LOOKS)} curves of at least one spot, not {len(curves)}.")
    title = _finding(curves, exact_ms, floor, setting)
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.75, right=RIGHT_IN))
    spots = [spot for curve in curves.values() for spot in curve]
    _scales(axes, spots, exact_ms)
    _floor(axes, floor)
    axes.plot(exact_ms, 1, "*", color=style.INK, markersize=16, zorder=4)
    axes.annotate(
        f"exact, {style.ms(exact_ms)}",
        (exact_ms, 1),
        xytext=(-11, 5),
        textcoords="offset points",
        ha="right",
        fontsize=style.SMALL_PT,
        color=style.INK,
    )
    for (_, curve), look in zip(curves.items(), LOOKS, strict=False):
        _curve(axes, curve, look)
    looks = zip(curves.items(), LOOKS, strict=False)
    style.name_the_ends(axes, [(c[-1].recall, name, look[0]) for (name, c), look in looks], APART)
    words = [f"exact: {style.ms(exact_ms)}", *map(_in_words, curves.items())]
    figure.description = "\n".join([title, note, *words])
    return figure


def _scales(axes: Axes, spots: Sequence[Spot], exact_ms: float) -> None:
    times = [exact_ms, *(spot.ms for spot in spots)]
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 1.5, max(times) * 1.5)
    low, high = axes.get_xlim()
    shown = [tick for tick in TICKS if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    axes.minorticks_off()
    axes.set_ylim(min(spot.recall for spot in spots) - 0.08, 1.06)
    axes.yaxis.set_major_formatter(lambda value, _: style.percent(value) if value <= 1 else "")
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.set_ylabel("recall", fontsize=style.SMALL_PT, color=style.FAINT)
    style.time_axis(axes, AXIS)


def _floor(axes: Axes, floor: float) -> None:
    axes.axhspan(axes.get_ylim()[0], floor, color=FLOOR_COLOUR, alpha=0.05, linewidth=0, zorder=0)
    axes.axhline(floor, color=FLOOR_COLOUR, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    axes.annotate(
        f"asked for: {style.percent(floor)}",
        (0, floor),
        xycoords=("axes fraction", "data"),
        xytext=(4, 4),
        textcoords="offset points",
        fontsize=style.SMALL_PT,
        color=FLOOR_COLOUR,
    )


def _curve(axes: Axes, curve: Sequence[Spot], look: tuple[str, str, str]) -> None:
    colour, mark, line = look
    times, recalls = [s.ms for s in curve], [s.recall for s in curve]
    axes.plot(times, recalls, line, marker=mark, color=colour, markersize=7, zorder=3)
    for spot in curve:
        axes.annotate(
            spot.label,
            (spot.ms, spot.recall),
            xytext=(7, -11),
            textcoords="offset points",
            fontsize=style.SMALL_PT - 1,
            color=colour,
        )


def _finding(
    curves: Mapping[str, Sequence[Spot]], exact_ms: float, floor: float, setting: str
) -> str:
    enough = [
        (spot.ms, name, spot)
        for name, curve in curves.items()
        for spot in curve
        if spot.recall >= floor
    ]
    if not enough:
        best = max(spot.recall for curve in curves.values() for spot in curve)
        return f"No setting finds {style.percent(floor)}: the best reaches {_percent(best)}"
    ms, name, spot = min(enough, key=lambda one: one[0])
    which = f"{name}, {setting} {spot.label}: recall {_percent(spot.recall)} in {style.ms(ms)}"
    if ms >= exact_ms:
        return f"Nothing that finds {style.percent(floor)} beats the exact {style.ms(exact_ms)} ({which})"
    return f"{which}, {exact_ms / ms:.1f} times as fast as exact"


def _percent(share: float) -> str:
    """With a decimal: between 98 and 99 % lies the difference."""
    return f"{100 * share:.1f} %"


def _in_words(curve: tuple[str, Sequence[Spot]]) -> str:
    name, spots = curve
    return f"{name}: " + ", ".join(
        f"{s.label} {_percent(s.recall)} {style.ms(s.ms)}" for s in spots
    )

"""Recall against time, one curve for each way to search, and the exact search as a star at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.labs.retrieval.search_runs import SearchRun
from harness.show import chart, number_formats, palette, style
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.4
MARGINS = Margins(left=0.75, right=1.9)  # at the right: names at the ends of the curves
APART = 0.075  # least distance of two names, as a share of the height
AXIS = "ms per query, p50, logarithmic (left is faster)"


@dataclass(frozen=True, slots=True)
class Spot:
    """One setting of one search. label: the value of the setting, such as "32". ms: p50 of a query."""

    label: str
    recall: float
    ms: float


Curves = Mapping[str, Sequence[Spot]]


def curves(runs: Mapping[str, SearchRun], settings: Sequence[int]) -> dict[str, list[Spot]]:
    """Return a curve for each search of which `runs` has "<name> <setting>" for every one of `settings`."""
    names = [name.rpartition(" ")[0] for name in runs if name.endswith(f" {settings[0]}")]
    return {
        name: [
            Spot(str(one), (run := runs[f"{name} {one}"]).recall, run.p50_ms) for one in settings
        ]
        for name in names
    }


def fastest(curves: Curves, floor: float) -> Spot | None:
    """Return the spot with the lowest time among those with a recall of at least `floor`, or None."""
    enough = [spot for curve in curves.values() for spot in curve if spot.recall >= floor]
    return min(enough, key=lambda spot: spot.ms, default=None)


def recall_curves(
    curves: Curves, exact_ms: float, floor: float, note: str, setting: str
) -> Picture:
    """Draw a curve for each search, and the exact search as a star.

    curves: name -> spots in the order of the setting. floor: the recall that is required, 0 to 1. note: what
    was searched, k, and how many queries. setting: the name of the setting, such as "ef". Raises ValueError
    for no curve, an empty one, or more than four.
    """
    looks = dict(zip(curves, chart.LOOKS, strict=False))
    chart.require(curves, "curves", most=len(chart.LOOKS))
    for curve in curves.values():
        chart.require(curve, "spots a curve")
    title = _finding(curves, exact_ms, floor, setting)
    figure, [axes] = picture(title, note, [HEIGHT_IN], MARGINS, AXIS)
    _scales(axes, [spot for curve in curves.values() for spot in curve], exact_ms)
    chart.bound(axes, "y", floor, "below", palette.FAINT, width=1.2)
    text = f"required: {percent(floor)}"
    style.write(axes, text, (0, floor), (4, 4), style.X_SHARE, colour=palette.FAINT)
    axes.plot(exact_ms, 1, "*", color=palette.INK, markersize=16, zorder=4)
    style.write(axes, f"exact, {number_formats.ms(exact_ms)}", (exact_ms, 1), (-11, 5), ha="right")
    for name, look in looks.items():
        _curve(axes, curves[name], look)
    slowest = {
        name: max(curves[name], key=lambda spot: spot.ms) for name in looks
    }  # at the right end
    ends = [(slowest[name].recall, name, look.colour) for name, look in looks.items()]
    chart.name_the_ends(axes, ends, APART)
    return figure.described(
        [f"exact: {number_formats.ms(exact_ms)}", *map(_in_words, curves, curves.values())]
    )


def _scales(axes: Axes, spots: Sequence[Spot], exact_ms: float) -> None:
    times = [exact_ms, *(spot.ms for spot in spots)]
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 1.5, max(times) * 1.5)
    chart.ticks(axes.xaxis)
    axes.set_ylim(min(spot.recall for spot in spots) - 0.08, 1.06)
    chart.y_axis(axes, "recall", lambda share: percent(share) if share <= 1 else "")


def _curve(axes: Axes, curve: Sequence[Spot], look: chart.Look) -> None:
    chart.curve(axes, [(spot.ms, spot.recall) for spot in curve], look)
    text = {"colour": look.colour, "size": style.SMALL_PT - 1}
    for spot in curve:
        style.write(axes, spot.label, (spot.ms, spot.recall), (7, -11), **text)


def _finding(curves: Curves, exact_ms: float, floor: float, setting: str) -> str:
    spots = [(spot, name) for name, curve in curves.items() for spot in curve]
    enough = [(spot, name) for spot, name in spots if spot.recall >= floor]
    if not enough:
        best = max(spot.recall for spot, _ in spots)
        return f"No setting finds {percent(floor)}: the best reaches {_percent(best)}"
    spot, name = min(enough, key=lambda pair: pair[0].ms)
    time = number_formats.ms(spot.ms)
    setting_text = f"{name}, {setting} {spot.label}: recall {_percent(spot.recall)} in {time}"
    if spot.ms >= exact_ms:
        exact = number_formats.ms(exact_ms)
        return f"Nothing that finds {percent(floor)} beats the exact {exact} ({setting_text})"
    return f"{setting_text}, {exact_ms / spot.ms:.1f} times as fast as exact"


def _percent(share: float) -> str:
    """Return a share with a decimal, because differences between 98 and 99 % matter."""
    return f"{100 * share:.1f} %"


def _in_words(name: str, spots: Sequence[Spot]) -> str:
    return f"{name}: " + ", ".join(
        f"{s.label} {_percent(s.recall)} {number_formats.ms(s.ms)}" for s in spots
    )

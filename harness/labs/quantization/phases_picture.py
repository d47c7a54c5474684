"""Reading and writing of several files, each relative to the full one: two rows of dots a file."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.labs.quantization.phases import Phases, times_faster
from harness.measure.latency.stats import Interval
from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

RIGHT_IN = 2.6
COLUMNS = (("prefill", 74), ("ms a token", 160))
ROW_IN = 0.62
PREFILL, DECODE = style.ORANGE, style.BLUE
APART = 0.16  # of a row, between its two dots
MARKS = (0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4, 6)
AXIS = "times as fast as the first, logarithmic, 95 % intervals; square: prefill, dot: decode"


def phases_picture(found: Mapping[str, Phases]) -> Picture:
    """Speed of prefill and of decode relative to the first file. Raises ValueError for fewer than two."""
    if len(found) < 2:
        raise ValueError("There is nothing to compare: give at least two files.")
    first, *others = found
    ratios = {name: _ratios(found[first], found[name]) for name in others}
    title = _finding(ratios)
    n = len(found[first].step_ms)
    note = f"model time alone, {n} cold prompts, all files in turn; {first}: {_times(found[first])}"
    margins = Margins(margin_for(others), RIGHT_IN)
    figure, [axes] = picture(title, note, [ROW_IN * len(others)], margins)
    _scales(axes, ratios)
    for y, name in enumerate(others):
        for (ratio, interval), colour, mark, shift in _sides(ratios[name]):
            _dot(axes, y + shift, ratio, interval, colour, mark)
        texts = (style.ms(found[name].prefill_p50_ms), style.ms(found[name].step_p50_ms))
        for text, (_, right_pt) in zip(texts, COLUMNS, strict=True):
            style.beside(axes, text, y, right_pt)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, AXIS)
    rows = (_in_words(name, found[name], ratios[name]) for name in others)
    figure.description = "\n".join([title, note, *rows])
    return figure


Ratio = tuple[float, Interval]


def _ratios(first: Phases, other: Phases) -> tuple[Ratio, Ratio]:
    return (
        times_faster(first.prefill_ms, other.prefill_ms),
        times_faster(first.step_ms, other.step_ms),
    )


def _sides(pair: tuple[Ratio, Ratio]) -> tuple[tuple[Ratio, str, str, float], ...]:
    return (pair[0], PREFILL, "s", -APART), (pair[1], DECODE, "o", APART)


def _scales(axes: Axes, ratios: Mapping[str, tuple[Ratio, Ratio]]) -> None:
    ends = [end for pair in ratios.values() for _, i in pair for end in (i.low, i.high)]
    axes.set_xscale("log")
    axes.set_xlim(0.85 * min(*ends, 0.8), 1.18 * max(*ends, 1.25))
    low, high = axes.get_xlim()
    marks = [x for x in MARKS if low <= x <= high]
    axes.set_xticks(marks, [f"{x:g}" for x in marks])
    axes.minorticks_off()
    axes.set_ylim(len(ratios) - 0.5, -0.5)
    axes.set_yticks(range(len(ratios)), list(ratios))
    axes.axvspan(low, 1, color=style.LIMIT, alpha=0.05, linewidth=0, zorder=0)
    axes.axvline(1, color=style.LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)


def _dot(axes: Axes, y: float, ratio: float, interval: Interval, colour: str, mark: str) -> None:
    axes.hlines(y, interval.low, interval.high, color=colour, linewidth=3, zorder=2)
    axes.plot(ratio, y, mark, color=colour, markersize=8, zorder=3)


def _finding(ratios: Mapping[str, tuple[Ratio, Ratio]]) -> str:
    read = max(ratios, key=lambda name: ratios[name][0][0])
    write = max(ratios, key=lambda name: ratios[name][1][0])
    return (
        f"Reads fastest: {read}, {ratios[read][0][0]:.1f} times the first file; "
        f"writes fastest: {write}, {ratios[write][1][0]:.1f} times"
    )


def _times(one: Phases) -> str:
    return f"{style.ms(one.prefill_p50_ms)} prefill, {style.ms(one.step_p50_ms)} a token (p50)"


def _in_words(name: str, one: Phases, pair: tuple[Ratio, Ratio]) -> str:
    read, write = pair
    return (
        f"{name}: {_times(one)}; prefill {read[0]:.2f} times as fast ({read[1]}), "
        f"decode {write[0]:.2f} ({write[1]})"
    )

"""How many took longer than this: two ways of asking, from the quick half to the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.measure.latency.stats import middle
from harness.measure.latency.stats import tail as slow_end
from harness.show import style
from harness.show.style import Picture, Margins, ms, picture

HEIGHT_IN = 2.2
MARGINS = Margins(left=0.7, right=1.5)
LOOKS = ((style.VERMILLION, "s"), (style.BLUE, "o"), (style.GREEN, "^"))
AXIS = "end-to-end, ms"


def tail(samples_ms: Mapping[str, Sequence[float]], note: str) -> Picture:
    """Share of requests that took longer, each sample a step; name -> ms. First against last.

    Raises ValueError for none, or more than three.
    """
    if not 1 <= len(samples_ms) <= len(LOOKS):
        raise ValueError(f"Give 1 to {len(LOOKS)} rows of samples, not {len(samples_ms)}.")
    title = _finding(samples_ms)
    figure, [axes] = picture(title, note, [HEIGHT_IN], MARGINS)
    for (name, values), look in zip(samples_ms.items(), LOOKS, strict=False):
        _steps(axes, name, values, look)
    axes.set_ylim(0, 1.04)
    axes.set_xlim(0, 1.02 * max(max(values) for values in samples_ms.values()))
    axes.set_yticks([0, 0.5, 1], ["0 %", "half", "all"])
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *map(_in_words, samples_ms.items())])
    return figure


def _steps(axes: Axes, name: str, values: Sequence[float], look: tuple[str, str]) -> None:
    colour, mark = look
    ranked = sorted(values)
    longer = [1 - (rank + 1) / len(ranked) for rank in range(len(ranked))]
    axes.step([0, *ranked], [1, *longer], where="post", color=colour, linewidth=1.8, zorder=2)
    axes.plot(ranked[-1], 0, mark, color=colour, markersize=8, zorder=3, clip_on=False)
    half = ranked[len(ranked) // 2]
    axes.annotate(
        name,
        (half, 0.5),
        xytext=(10, 6 if look is LOOKS[0] else -14),
        textcoords="offset points",
        fontsize=style.TEXT_PT,
        weight="bold",
        color=colour,
    )


def _finding(samples_ms: Mapping[str, Sequence[float]]) -> str:
    (first, before), *_, (last, after) = [*samples_ms.items()] * (1 + (len(samples_ms) == 1))
    slow, fast_pipeline = slow_end(before), slow_end(after)
    if len(samples_ms) == 1:
        return f"{first}: p50 {ms(middle(before).value)}, {slow.label}: {ms(slow.value)}"
    return (
        f"{last}, {fast_pipeline.label}: {ms(fast_pipeline.value)} instead of {ms(slow.value)}; "
        f"p50 {ms(middle(after).value)} instead of {ms(middle(before).value)}"
    )


def _in_words(item: tuple[str, Sequence[float]]) -> str:
    name, values = item
    half, slow = middle(values), slow_end(values)
    return (
        f"{name}: {half.label} {ms(half.value)}, {slow.label} {ms(slow.value)}, n = {len(values)}"
    )

"""The share of requests slower than a given time, for up to three ways to send them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.measure.stats import middle
from harness.measure.stats import tail as slow_end
from harness.show import chart, style
from harness.show.number_formats import ms
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.2
MARGINS = Margins(left=0.7, right=1.5)
LOOKS = (chart.RED, chart.BLUE, chart.GREEN)
AXIS = "end-to-end, ms"


def tail(samples_ms: Mapping[str, Sequence[float]], note: str) -> Picture:
    """Draw the share of requests that took longer than x, each sample a step; samples_ms: name -> ms.

    The title compares the last samples with the first. Raises ValueError unless there are one to three.
    """
    chart.require(samples_ms, "rows of samples", most=len(LOOKS))
    figure, [axes] = picture(_finding(samples_ms), note, [HEIGHT_IN], MARGINS, AXIS)
    for (name, values), look in zip(samples_ms.items(), LOOKS, strict=False):
        _steps(axes, name, sorted(values), look)
    axes.set_ylim(0, 1.04)
    axes.set_xlim(0, 1.02 * max(max(values) for values in samples_ms.values()))
    axes.set_yticks([0, 0.5, 1], ["0 %", "half", "all"])
    chart.y_axis(axes)
    return figure.described(_in_words(*item) for item in samples_ms.items())


def _steps(axes: Axes, name: str, ranked: Sequence[float], look: chart.Look) -> None:
    longer = [1 - rank / len(ranked) for rank in range(len(ranked) + 1)]
    axes.step([0, *ranked], longer, where="post", color=look.colour, linewidth=1.8, zorder=2)
    end = {"color": look.colour, "markersize": 8, "zorder": 3, "clip_on": False}
    axes.plot(ranked[-1], 0, look.marker, **end)
    text = {"colour": look.colour, "size": style.TEXT_PT, "weight": "bold"}
    shift_pt = (10, 6 if look is LOOKS[0] else -14)
    style.write(axes, name, (ranked[len(ranked) // 2], 0.5), shift_pt, **text)


def _finding(samples_ms: Mapping[str, Sequence[float]]) -> str:
    names, samples = list(samples_ms), list(samples_ms.values())
    slow, fast = slow_end(samples[0]), slow_end(samples[-1])
    before, after = middle(samples[0]), middle(samples[-1])
    if len(names) == 1:
        return f"{names[0]}: p50 {ms(before.value)}, {slow.label}: {ms(slow.value)}"
    return (
        f"{names[-1]}, {fast.label}: {ms(fast.value)} instead of {ms(slow.value)}; "
        f"p50 {ms(after.value)} instead of {ms(before.value)}"
    )


def _in_words(name: str, values: Sequence[float]) -> str:
    median, slow = middle(values), slow_end(values)
    return f"{name}: {median.label} {ms(median.value)}, {slow.label} {ms(slow.value)}, n = {len(values)}"

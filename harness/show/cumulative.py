"""The share of results within each time, with a mark for each below: for three results or hundreds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from harness.measure.stats import middle, tail
from harness.show import chart, palette, style
from harness.show.number_formats import ms
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.6
EDGE = 0.75  # share of the width from which on a name has no place on the right
MARKS_AT = -0.1  # below a share of 0
TICKS_MS = (20, 50, 100, 150, 200, 300, 400, 500, 700, 1000, 1500, 2000, 3000, 5000, 10_000)
AXIS = "ms, logarithmic"


def cumulative(times_ms: Sequence[float], of: str, note: str, limit_ms: float) -> Picture:
    """Draw the share of results within each time, and name the limit, the median and p90 or the slowest.

    of: what one result is, such as "learners". note: how the times were measured. Raises ValueError for no
    times.
    """
    chart.require(times_ms, "times")
    times = sorted(map(float, times_ms))
    within = bisect_right(times, limit_ms)
    half = ms(middle(times).value)
    title = f"{within} of {len(times)} {of} are within {limit_ms:,.0f} ms, half within {half}"
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.6), AXIS)
    _scales(axes, [*times, limit_ms])
    chart.limit_line(axes, limit_ms)
    axes.step(
        [times[0], *times],
        np.linspace(0, 1, len(times) + 1),
        where="post",
        color=palette.BLUE,
        lw=2,
    )
    alpha = max(0.4, min(0.9, 20 / len(times)))  # so that a crowd is darker than a few
    heights = [MARKS_AT] * len(times)
    axes.scatter(times, heights, s=140, marker="|", color=palette.BLUE, alpha=alpha, linewidths=2)
    for mark in (middle(times), tail(times)) if len(times) > 1 else ():
        share = bisect_right(times, mark.value) / len(times)
        _name(axes, f"{mark.label}: {ms(mark.value)}", mark.value, share)
    return figure.described([f"{within} of {len(times)} within {limit_ms:,.0f} ms"])


def _scales(axes: Axes, times_ms: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(min(times_ms) / 1.08, max(times_ms) * 1.08)
    chart.ticks(axes.xaxis, TICKS_MS, "{:,}".format)
    axes.set_ylim(2 * MARKS_AT, 1.2)  # the last name stands above the curve
    axes.set_yticks(np.linspace(0, 1, 6))
    chart.y_axis(axes, form=lambda share: f"{100 * share:.0f} %")
    axes.grid(axis="y", color=palette.PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def _name(axes: Axes, text: str, at_ms: float, share: float) -> None:
    """Name a point where the curve never is: right below it, or at the right edge left above it."""
    axes.plot(at_ms, share, "o", color=palette.BLUE, markersize=8, zorder=4)
    at_edge = axes.transLimits.transform(axes.transScale.transform((at_ms, share)))[0] > EDGE
    ha, va, shift_pt = ("right", "bottom", (-8, 4)) if at_edge else ("left", "top", (8, -4))
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
    look = {"size": style.TEXT_PT, "weight": "bold", "ha": ha, "va": va, "bbox": box, "zorder": 4}
    style.write(axes, text, (at_ms, share), shift_pt, **look)

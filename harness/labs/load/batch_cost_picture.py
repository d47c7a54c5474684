"""Throughput and latency of a batch by its size: tokens/s of all texts, and ms per token of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.show import chart, palette, style
from harness.show.number_formats import ms
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 1.35
MARGINS = Margins(left=1.5, right=0.9, between=0.4)
ALL, EACH = palette.BLUE, palette.ORANGE
AXIS = "texts in the batch (n)"
NOTE = "measured, decode only, medians, sizes interleaved; dashed: if a step took the same time for any n"


def batch_cost(step_ms: Mapping[int, float]) -> Picture:
    """Draw the throughput n / step above and the time of a step below.

    step_ms: n -> ms of a step with n texts. Raises ValueError unless it has n = 1 and a larger n.
    """
    sizes = sorted(step_ms)
    if len(sizes) < 2 or sizes[0] != 1:
        raise ValueError("Give the time of a step with 1 text, and of at least one larger step.")
    figure, axes = picture(_finding(step_ms), NOTE, [HEIGHT_IN, HEIGHT_IN], MARGINS, AXIS)
    above, below = axes
    throughputs = [1e3 * n / step_ms[n] for n in sizes]
    _line(above, sizes, throughputs, ALL, "all texts,\ntokens/s", "{:.0f}")
    _line(below, sizes, [step_ms[n] for n in sizes], EACH, "each text,\nms a token", "{:.1f}")
    if_free = [1e3 * n / step_ms[1] for n in sizes]
    above.plot(sizes, if_free, color=palette.GREY, linestyle=chart.DASHES, linewidth=1.2, zorder=1)
    chart.dashed(below, "y", step_ms[1])
    return figure.described(
        f"n = {n}: {1e3 * n / step_ms[n]:.0f} tokens/s, {ms(step_ms[n])} a step" for n in sizes
    )


def _line(
    axes: Axes, sizes: Sequence[int], values: Sequence[float], colour: str, name: str, form: str
) -> None:
    axes.plot(sizes, values, "o-", color=colour, markersize=7, zorder=3)
    for point in zip(sizes, values, strict=True):
        style.write(axes, form.format(point[1]), point, (0, 8), colour=colour, ha="center")
    axes.set_xticks(sizes)
    axes.set_yticks([])
    axes.set_ylim(0, 1.35 * max(values))
    look = {"colour": colour, "size": style.TEXT_PT, "ha": "right", "va": "center"}
    style.write(axes, name, (0, 0.5), (-10, 0), "axes fraction", **look)


def _finding(step_ms: Mapping[int, float]) -> str:
    n = max(step_ms)
    more, slower = n * step_ms[1] / step_ms[n], step_ms[n] / step_ms[1]
    return f"{n} texts at once: {more:.1f} times the tokens/s, each text {slower:.1f} times as slow"

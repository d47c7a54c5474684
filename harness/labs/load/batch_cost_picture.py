"""What a batch gives to all and takes from each: tokens a second together, and ms between one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, ms, picture

HEIGHT_IN = 1.35
MARGINS = Margins(left=1.5, right=0.9, between=0.4)
ALL, EACH = style.BLUE, style.ORANGE
AXIS = "texts in the batch (n)"


def batch_cost(step_ms: Mapping[int, float]) -> Picture:
    """Above: n / step; below: the step itself. step_ms: n -> ms of a step with n texts, 1 among them.

    Raises ValueError without n = 1 or with nothing to compare it with.
    """
    sizes = sorted(step_ms)
    if len(sizes) < 2 or sizes[0] != 1:
        raise ValueError("Give the time of a step with 1 text, and with more.")
    title = _finding(step_ms)
    note = (
        "measured, decode alone, medians, sizes in turn; dashed: if a step cost the same for any n"
    )
    figure, [above, below] = picture(title, note, [HEIGHT_IN, HEIGHT_IN], MARGINS)
    together = [1e3 * n / step_ms[n] for n in sizes]
    _line(above, sizes, together, ALL, "all together,\ntokens/s", "{:.0f}")
    _line(below, sizes, [step_ms[n] for n in sizes], EACH, "each one,\nms a token", "{:.1f}")
    free = [1e3 * n / step_ms[1] for n in sizes]
    above.plot(sizes, free, color=style.GREY, linestyle=(0, (4, 2)), linewidth=1.2, zorder=1)
    below.axhline(step_ms[1], color=style.GREY, linestyle=(0, (4, 2)), linewidth=1.2, zorder=1)
    above.set_ylim(0, 1.35 * max(together))
    below.set_ylim(0, 1.35 * max(step_ms.values()))
    style.time_axis(below, AXIS)
    rows = (f"n = {n}: {1e3 * n / step_ms[n]:.0f} tokens/s, {ms(step_ms[n])} a step" for n in sizes)
    figure.description = "\n".join([title, note, *rows])
    return figure


def _line(
    axes: Axes, sizes: Sequence[int], values: Sequence[float], colour: str, name: str, form: str
) -> None:
    axes.plot(sizes, values, "o-", color=colour, markersize=7, zorder=3)
    for n, value in zip(sizes, values, strict=True):
        axes.annotate(
            form.format(value),
            (n, value),
            xytext=(0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=style.SMALL_PT,
            color=colour,
        )
    axes.set_xticks(sizes)
    axes.set_yticks([])
    axes.annotate(
        name,
        (0, 0.5),
        xycoords="axes fraction",
        xytext=(-10, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=style.TEXT_PT,
        color=colour,
    )


def _finding(step_ms: Mapping[int, float]) -> str:
    n = max(step_ms)
    more, slower = n * step_ms[1] / step_ms[n], step_ms[n] / step_ms[1]
    return (
        f"{n} texts at once: {more:.1f} times the tokens together, each {slower:.1f} times as slow"
    )

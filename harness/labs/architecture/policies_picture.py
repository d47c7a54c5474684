"""Ways of routing by what they take and what they get right: one threshold after the other as a line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.labs.architecture.routing_policies import Gain, Policy
from harness.show import style
from harness.show.style import Picture, Margins, ms, percent, picture

HEIGHT_IN = 2.9
MARGINS = Margins(left=0.7, right=1.9)
LINE = style.SKY
LOOKS = ((style.INK, "s"), (style.INK, "D"), (style.GREEN, "*"), (style.BLUE, "o"))
AXIS = (
    "end-to-end, mean ms a question, the router's own work included; up and to the left is better"
)
APART = 0.08  # of the height: names do not touch


def policies(
    named: Sequence[Policy], line: Sequence[Policy], price_ms: float, gain: Gain
) -> Picture:
    """`named`: points with names, the last one is yours; `line`: a policy for each threshold.

    price_ms: what a wrong answer costs, for the words. gain: of yours, for the title. Raises ValueError for
    none, or more than four named.
    """
    if not 1 <= len(named) <= len(LOOKS):
        raise ValueError(f"Give 1 to {len(LOOKS)} policies with names, not {len(named)}.")
    title, n = f"{named[-1].name}: {gain.sentence()}", named[0].right.n
    note = f"computed from the same {n} questions, asked of both; none of them was used to draw the line"
    figure, [axes] = picture(title, note, [HEIGHT_IN], MARGINS)
    path = sorted((one.mean_ms, one.right.rate) for one in line)
    if path:
        axes.plot(*zip(*path, strict=True), "-", color=LINE, linewidth=1.8, zorder=1)
    for one, (colour, mark) in zip(named, LOOKS[-len(named) :], strict=True):
        low, high = one.right.interval.low, one.right.interval.high
        axes.vlines(one.mean_ms, low, high, color=colour, linewidth=1, alpha=0.5, zorder=2)
        axes.plot(one.mean_ms, one.right.rate, mark, color=colour, markersize=10, zorder=3)
    _scales(axes, named)
    _names(axes, named)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *(_in_words(one, price_ms) for one in named)])
    return figure


def _scales(axes: Axes, named: Sequence[Policy]) -> None:
    axes.set_xlim(0, 1.1 * max(one.mean_ms for one in named))
    low = min(one.right.interval.low for one in named)
    axes.set_ylim(max(0, low - 0.05), 1.02)
    axes.yaxis.set_major_formatter(lambda value, _: percent(value))
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)


def _names(axes: Axes, named: Sequence[Policy]) -> None:
    """In a column at the right, in order of height, pushed apart; a thin line leads to each point."""
    low, high = axes.get_ylim()
    looks = dict(zip((one.name for one in named), LOOKS[-len(named) :], strict=True))
    at = low
    for one in sorted(named, key=lambda one: one.right.rate):
        at = max(one.right.rate, at + APART * (high - low))
        axes.annotate(
            f"{one.name}: {percent(one.right.rate)}, {ms(one.mean_ms)}",
            (one.mean_ms, one.right.rate),
            xytext=(1.01, (at - low) / (high - low)),
            textcoords="axes fraction",
            va="center",
            fontsize=style.SMALL_PT,
            color=looks[one.name][0],
            arrowprops={
                "arrowstyle": "-",
                "color": style.PALE,
                "linewidth": 1,
                "relpos": (0, 0.5),  # from the left edge of the text, never through it
            },
            annotation_clip=False,
        )


def _in_words(one: Policy, price_ms: float) -> str:
    return (
        f"{one.name}: {percent(one.to_small)} to the small one, mean {ms(one.mean_ms)}, "
        f"right {one.right}, with a wrong answer at {ms(price_ms)}: {ms(one.cost_ms(price_ms))}"
    )

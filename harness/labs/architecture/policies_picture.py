"""Routing policies by mean time and share of right answers; the policies of all thresholds form a line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.labs.architecture.routing_policies import Gain, Policy
from harness.show import chart, palette, style
from harness.show.number_formats import ms, percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.9
MARGINS = Margins(left=0.7, right=1.9)
LINE = palette.SKY
LOOKS = ((palette.INK, "s"), (palette.INK, "D"), (palette.GREEN, "*"), (palette.BLUE, "o"))
AXIS = (
    "end-to-end, mean ms a question, including the router's own time; up and to the left is better"
)
APART = 0.08  # smallest distance of two names, as a share of the height


def policies(
    named: Sequence[Policy], line: Sequence[Policy], price_ms: float, gain: Gain
) -> Picture:
    """Draw `named` policies as points, the learner's last, and `line`, one policy for each threshold.

    price_ms: the cost of a wrong answer, for the description. gain: of the learner's policy, for the title.
    Raises ValueError unless one to four policies are named.
    """
    chart.require(named, "policies with names", most=len(LOOKS))
    title, n = f"{named[-1].name}: {gain.sentence()}", named[0].right.n
    note = (
        f"computed from the same {n} questions, answered by both; none of them chose the threshold"
    )
    figure, [axes] = picture(title, note, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_xlim(0, 1.1 * max(policy.mean_ms for policy in named))
    axes.set_ylim(max(0, min(policy.right.interval.low for policy in named) - 0.05), 1.02)
    chart.y_axis(axes, form=percent)
    if points := sorted((policy.mean_ms, policy.right.rate) for policy in line):
        axes.plot(*zip(*points, strict=True), "-", color=LINE, linewidth=1.8, zorder=1)
    looks = LOOKS[-len(named) :]
    for policy, (colour, marker) in zip(named, looks, strict=True):
        x, interval = policy.mean_ms, policy.right.interval
        axes.vlines(x, interval.low, interval.high, color=colour, linewidth=1, alpha=0.5, zorder=2)
        axes.plot(x, policy.right.rate, marker, color=colour, markersize=10, zorder=3)
    _names(axes, named, [colour for colour, _ in looks])
    return figure.described(_in_words(policy, price_ms) for policy in named)


def _names(axes: Axes, named: Sequence[Policy], colours: Sequence[str]) -> None:
    """Write the names at the right without overlap, each with a thin line to its point."""
    low, high = axes.get_ylim()
    y = low
    pairs = sorted(zip(named, colours, strict=True), key=lambda pair: pair[0].right.rate)
    for policy, colour in pairs:
        y = max(policy.right.rate, y + APART * (high - low))
        axes.annotate(
            f"{policy.name}: {percent(policy.right.rate)}, {ms(policy.mean_ms)}",
            (policy.mean_ms, policy.right.rate),
            xytext=(1.01, (y - low) / (high - low)),
            textcoords="axes fraction",
            va="center",
            fontsize=style.SMALL_PT,
            color=colour,
            arrowprops={
                "arrowstyle": "-",
                "color": palette.PALE,
                "linewidth": 1,
                "relpos": (0, 0.5),  # from the left edge of the text, never through it
            },
            annotation_clip=False,
        )


def _in_words(policy: Policy, price_ms: float) -> str:
    return (
        f"{policy.name}: {percent(policy.share_to_small)} to the small one, mean {ms(policy.mean_ms)}, "
        f"right {policy.right}, with a wrong answer at {ms(price_ms)}: {ms(policy.cost_ms(price_ms))}"
    )

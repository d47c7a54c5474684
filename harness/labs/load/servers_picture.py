"""How many servers for how many users: goodput against servers, simulated from measured times (SIM)."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, percent, picture

HEIGHT_IN = 2.3
MARGINS = Margins(left=0.65)
LOOKS = ((style.BLUE, "o"), (style.VERMILLION, "s"), (style.GREEN, "^"), (style.PURPLE, "D"))
AXIS = "servers ÷ servers that are always busy on average: 1 is no reserve at all"
TICKS = (0.8, 0.9, 1, 1.2, 1.5, 2, 3, 5, 8, 12, 20)

Curve = Mapping[int, float]  # servers -> goodput as a share


def fleet(curves: Mapping[int, Curve], busy: Mapping[int, float], wanted: float) -> Picture:
    """A curve for each number of users. busy: users -> servers busy on average. wanted: goodput aimed at.

    Raises ValueError for no curve, or more than four.
    """
    if not 1 <= len(curves) <= len(LOOKS):
        raise ValueError(f"Give 1 to {len(LOOKS)} numbers of users, not {len(curves)}.")
    title = _finding(curves, busy, wanted)
    note = (
        "SIM: Poisson arrivals, service times drawn from those measured, first come, first served"
    )
    figure, [axes] = picture(title, note, [HEIGHT_IN], MARGINS)
    axes.set_xscale("log")
    for (users, curve), look in zip(sorted(curves.items()), LOOKS, strict=False):
        _curve(axes, users, curve, busy[users], look)
    axes.axhline(wanted, color=style.GREY, linestyle=(0, (4, 2)), linewidth=1.2, zorder=1)
    low, high = axes.get_xlim()
    shown = [x for x in TICKS if low <= x <= high]
    axes.set_xticks(shown, [f"{x:g}" for x in shown])
    axes.minorticks_off()
    axes.set_ylim(-0.04, 1.08)
    # The corner below the curves is always empty: more servers never serve less.
    axes.legend(loc="lower right", frameon=False, fontsize=style.SMALL_PT)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    style.time_axis(axes, AXIS)
    rows = (_in_words(users, curve, wanted) for users, curve in sorted(curves.items()))
    figure.description = "\n".join([title, note, *rows])
    return figure


def needed(curve: Curve, wanted: float) -> int | None:
    """The smallest number of servers from which on goodput is `wanted`; None if none is enough."""
    enough = [n for n in sorted(curve) if all(curve[m] >= wanted for m in curve if m >= n)]
    return min(enough, default=None)


def _curve(axes: Axes, users: int, curve: Curve, busy: float, look: tuple[str, str]) -> None:
    colour, mark = look
    sizes = sorted(curve)
    x, y = [n / busy for n in sizes], [curve[n] for n in sizes]
    name = f"{users:,} users"
    axes.plot(x, y, marker=mark, color=colour, markersize=6, linewidth=1.8, zorder=3, label=name)


def _finding(curves: Mapping[int, Curve], busy: Mapping[int, float], wanted: float) -> str:
    parts = []
    for users in sorted(curves):
        n = needed(curves[users], wanted)
        reserve = f"{n} ({n / busy[users]:.1f} times the work)" if n else "more than tried"
        parts.append(f"{users:,} users need {reserve}")
    return f"Servers for {percent(wanted)} goodput (SIM): {'; '.join(parts)}"


def _in_words(users: int, curve: Curve, wanted: float) -> str:
    shares = ", ".join(f"{n}: {percent(curve[n])}" for n in sorted(curve))
    n = needed(curve, wanted)
    return (
        f"{users:,} users, servers and goodput: {shares}; needed: {n if n else 'more than tried'}"
    )

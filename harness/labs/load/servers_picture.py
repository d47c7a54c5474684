"""Goodput against the number of servers for several numbers of users, simulated from measured times."""

from __future__ import annotations

from collections.abc import Mapping

from harness.show import chart, style
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.3
MARGINS = Margins(left=0.65)
AXIS = "servers ÷ servers busy on average (log): at 1 there is no reserve"
TICKS = (0.8, 0.9, 1, 1.2, 1.5, 2, 3, 5, 8, 12, 20)
NOTE = "SIM: Poisson arrivals, service times drawn from those measured, first come, first served"

Curve = Mapping[int, float]  # servers -> goodput as a share


def fleet(curves: Mapping[int, Curve], busy: Mapping[int, float], wanted: float) -> Picture:
    """Draw a curve for each number of users.

    curves: users -> {servers: goodput as a share}. busy: users -> servers busy on average. wanted: the
    goodput to reach, as a share. Raises ValueError unless there are one to four curves.
    """
    chart.require(curves, "numbers of users", most=len(chart.LOOKS))
    curves = dict(sorted(curves.items()))
    figure, [axes] = picture(_finding(curves, busy, wanted), NOTE, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_xscale("log")
    for (users, curve), look in zip(curves.items(), chart.LOOKS, strict=False):
        points = [(n / busy[users], curve[n]) for n in sorted(curve)]
        solid = look._replace(line="-")
        chart.curve(axes, points, solid, size=6, linewidth=1.8, label=f"{users:,} users")
    chart.dashed(axes, "y", wanted)
    chart.ticks(axes.xaxis, TICKS)
    axes.set_ylim(-0.04, 1.08)
    axes.set_yticks([0, 0.5, 1])
    chart.y_axis(axes, form=percent)
    # More servers never reduce goodput, so the corner below the curves is empty unless they all stay low.
    high = max(share for curve in curves.values() for share in curve.values()) > 0.5
    corner = "lower right" if high else "center right"
    axes.legend(loc=corner, frameon=False, fontsize=style.SMALL_PT)
    return figure.described(_in_words(users, curve, wanted) for users, curve in curves.items())


def needed(curve: Curve, wanted: float) -> int | None:
    """Return the smallest number of servers from which on goodput is at least `wanted`, or None."""
    enough = [n for n in sorted(curve) if all(curve[m] >= wanted for m in curve if m >= n)]
    return min(enough, default=None)


def _finding(curves: Mapping[int, Curve], busy: Mapping[int, float], wanted: float) -> str:
    parts = []
    for users, curve in curves.items():
        n = needed(curve, wanted)
        reserve = f"{n} ({n / busy[users]:.1f} times the work)" if n else "more than tried"
        parts.append(f"{users:,} users need {reserve}")
    return f"Servers for {percent(wanted)} goodput (SIM): {'; '.join(parts)}"


def _in_words(users: int, curve: Curve, wanted: float) -> str:
    shares = ", ".join(f"{n}: {percent(curve[n])}" for n in sorted(curve))
    n = needed(curve, wanted) or "more than tried"
    return f"{users:,} users, servers and goodput: {shares}; needed: {n}"

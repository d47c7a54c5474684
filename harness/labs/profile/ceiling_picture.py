"""What each single fix could give at best: the request as if one stage cost nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.semconv import GENERATE, NETWORK
from harness.show import style
from harness.show.rows import label, named
from harness.show.style import Picture, Margins, ms, picture

RIGHT_IN = 2.4
COLUMNS = (("remains", 68), ("speed-up at best", 156))  # heading, right edge in points
BAR = 0.62  # of a row's height
OVER, UNDER = style.FAINT, style.GREEN


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What remains of a request, in ms, when one part of it costs nothing."""

    label: str
    remains_ms: float
    colour: str  # of the part that is gone
    simulated: bool = False  # the part that is gone was emulated

    def at_best(self, total_ms: float) -> str:
        """Amdahl's bound: "4.60 x"; nothing bounds a fix that leaves nothing."""
        return f"{total_ms / self.remains_ms:.2f} x" if self.remains_ms > 0 else "no bound"


def ceilings(
    stage_ms: Mapping[str, float],
    limit_ms: float = 500,
    simulated: Collection[str] = (NETWORK,),
) -> Picture:
    """A bar per stage: what would remain end-to-end if that stage cost nothing, against the limit.

    The last bar is for everything outside the LLM together. stage_ms: stage -> ms, as
    `Trace.stage_ms()` gives it. simulated: stages whose time is emulated. The bound is Amdahl's
    law (1967) with one part infinitely fast. Raises ValueError when no stage takes any time.
    """
    total = sum(stage_ms.values())
    if total <= 0:
        raise ValueError("The stages take no time at all: measure a request first.")
    found = [_without(stage, stage_ms, simulated) for stage in stage_ms]
    if GENERATE in stage_ms:
        found.append(Ceiling("nothing but the LLM", stage_ms[GENERATE], style.ORANGE))
    today = Ceiling("today", total, style.INK)
    title, note = _finding(stage_ms, limit_ms, simulated), _note(stage_ms, simulated)
    figure = _figure(title, note, [today, *found], limit_ms)
    lines = (f"{c.label}: {ms(c.remains_ms)} (at best {c.at_best(total)})" for c in found)
    figure.description = "\n".join((title, note, *lines))
    return figure


def _without(stage: str, stage_ms: Mapping[str, float], simulated: Collection[str]) -> Ceiling:
    rest = sum(cost for other, cost in stage_ms.items() if other != stage)
    colour = style.STAGE_COLOURS.get(stage, style.GREY)
    emulated = stage in simulated
    return Ceiling(f"without {named(stage, emulated)}", rest, colour, emulated)


def _finding(stage_ms: Mapping[str, float], limit_ms: float, simulated: Collection[str]) -> str:
    total, limit = sum(stage_ms.values()), f"{limit_ms:,.0f} ms"
    largest = max(stage_ms, key=stage_ms.__getitem__)
    who, rest = named(largest, largest in simulated), total - stage_ms[largest]
    if total <= limit_ms:
        return f"Already within {limit}: {ms(total)}"
    if rest <= limit_ms:
        return f"One stage could be enough: without {who}, {ms(rest)} remain"
    return f"No single stage is enough for {limit}: without {who}, {ms(rest)} remain"


def _note(stage_ms: Mapping[str, float], simulated: Collection[str]) -> str:
    emulated = [label(stage, False) for stage in stage_ms if stage in simulated]
    sim = f"; {', '.join(emulated)} SIM (emulated distance)" if emulated else ""
    return f"end-to-end if a part cost nothing, computed from measured stages (Amdahl's law){sim}"


def _figure(title: str, note: str, found: list[Ceiling], limit_ms: float) -> Picture:
    today, *_ = found
    margins = Margins(style.margin_for(one.label for one in found), RIGHT_IN)
    figure, (axes,) = picture(title, note, [style.ROW_IN * len(found)], margins)
    axes.set_xlim(0, 1.03 * max(today.remains_ms, 1.1 * limit_ms))
    axes.set_ylim(len(found) - 0.5, -0.5)
    axes.set_yticks(range(len(found)), [one.label for one in found])
    for y, one in enumerate(found):
        _bar(axes, y, one, today.remains_ms, limit_ms)
    style.limit_line(axes, limit_ms)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, "ms end-to-end")
    return figure


def _bar(axes: Axes, y: int, one: Ceiling, total_ms: float, limit_ms: float) -> None:
    """What remains, solid; what the fix would take away, pale in the colour of its stage."""
    solid = UNDER if one.remains_ms <= limit_ms else OVER
    gone = total_ms - one.remains_ms
    axes.barh(y, one.remains_ms, BAR, color=solid, zorder=2)
    axes.barh(
        y,
        gone,
        BAR,
        one.remains_ms,
        facecolor=(one.colour, 0.35),
        edgecolor=one.colour,
        linewidth=0,
        hatch=style.HATCH if one.simulated else None,
        zorder=2,
    )
    style.beside(axes, ms(one.remains_ms), y, COLUMNS[0][1])
    if gone:
        style.beside(axes, one.at_best(total_ms), y, COLUMNS[1][1])

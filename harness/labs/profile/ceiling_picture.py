"""The most that each single fix could give: the request as if one stage cost nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.semconv import GENERATE, NETWORK
from harness.show import chart, palette
from harness.show.number_formats import ms
from harness.show.rows import label, named
from harness.show.style import Picture

COLUMNS = chart.Columns(2.4, (("remains", 68), ("speed-up at best", 156)))
OVER, UNDER = palette.FAINT, palette.GREEN


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What remains of a request, in ms, when one part of it costs nothing."""

    label: str
    remains_ms: float
    colour: str  # of the part that is gone
    simulated: bool = False  # the part that is gone was emulated

    def at_best(self, total_ms: float) -> str:
        """Return Amdahl's bound: "4.60 x", or "no bound" for a fix that leaves nothing."""
        return f"{total_ms / self.remains_ms:.2f} x" if self.remains_ms > 0 else "no bound"


def ceilings(
    stage_ms: Mapping[str, float],
    limit_ms: float = 500,
    simulated: Collection[str] = (NETWORK,),
) -> Picture:
    """Draw a bar per stage: what would remain end-to-end if that stage cost nothing, against the limit.

    The last bar is for everything outside the LLM together. stage_ms: stage -> ms, as
    `Trace.stage_ms()` gives it. simulated: stages whose time is emulated. The bound is Amdahl's
    law (1967) with one part infinitely fast. Raises ValueError when no stage takes any time.
    """
    total = sum(stage_ms.values())
    if total <= 0:
        raise ValueError("The stages take no time at all: measure a request first.")
    fixes = [_without(stage, stage_ms, simulated) for stage in stage_ms]
    if GENERATE in stage_ms:
        fixes.append(Ceiling("nothing but the LLM", stage_ms[GENERATE], palette.ORANGE))
    title, note = _finding(stage_ms, limit_ms, simulated), _note(stage_ms, simulated)
    figure = _figure(title, note, [Ceiling("today", total, palette.INK), *fixes], limit_ms)
    return figure.described(
        f"{fix.label}: {ms(fix.remains_ms)} (at best {fix.at_best(total)})" for fix in fixes
    )


def _without(stage: str, stage_ms: Mapping[str, float], simulated: Collection[str]) -> Ceiling:
    rest = sum(cost for other, cost in stage_ms.items() if other != stage)
    colour = palette.STAGE_COLOURS.get(stage, palette.GREY)
    emulated = stage in simulated
    return Ceiling(f"without {named(stage, emulated)}", rest, colour, emulated)


def _finding(stage_ms: Mapping[str, float], limit_ms: float, simulated: Collection[str]) -> str:
    total, limit = sum(stage_ms.values()), f"{limit_ms:,.0f} ms"
    largest = max(stage_ms, key=stage_ms.__getitem__)
    name, rest = named(largest, largest in simulated), total - stage_ms[largest]
    if total <= limit_ms:
        return f"Already within {limit}: {ms(total)}"
    if rest <= limit_ms:
        return f"One stage could be enough: without {name}, {ms(rest)} remain"
    return f"No single stage is enough for {limit}: without {name}, {ms(rest)} remain"


def _note(stage_ms: Mapping[str, float], simulated: Collection[str]) -> str:
    emulated = [label(stage, False) for stage in stage_ms if stage in simulated]
    sim = f"; {', '.join(emulated)} SIM (emulated distance)" if emulated else ""
    return f"end-to-end if a part cost nothing, computed from measured stages (Amdahl's law){sim}"


def _figure(title: str, note: str, rows: Sequence[Ceiling], limit_ms: float) -> Picture:
    total_ms = rows[0].remains_ms
    names = [row.label for row in rows]
    bounds = [row.at_best(total_ms) if row.remains_ms < total_ms else "" for row in rows]
    cells = [(ms(row.remains_ms), bound) for row, bound in zip(rows, bounds, strict=True)]
    figure, axes = chart.rows_picture(title, note, names, COLUMNS, "ms end-to-end", cells)
    axes.set_xlim(0, 1.03 * max(total_ms, 1.1 * limit_ms))
    for y, row in enumerate(rows):
        _bar(axes, y, row, total_ms, limit_ms)
    chart.limit_line(axes, limit_ms)
    return figure


def _bar(axes: Axes, y: int, row: Ceiling, total_ms: float, limit_ms: float) -> None:
    """Draw what remains, solid, and what the fix would take away, pale in the colour of its stage."""
    solid = UNDER if row.remains_ms <= limit_ms else OVER
    axes.barh(y, row.remains_ms, chart.BAR, color=solid, zorder=2)
    axes.barh(
        y,
        total_ms - row.remains_ms,
        chart.BAR,
        row.remains_ms,
        facecolor=(row.colour, 0.35),
        edgecolor=row.colour,
        linewidth=0,
        hatch=palette.HATCH if row.simulated else None,
        zorder=2,
    )

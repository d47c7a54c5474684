"""Who waited how long when all asked at once, without and with somebody who computes for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from harness.labs.caching.stampede import Wait
from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

BAR_IN = 0.16
COLOURS = (style.VERMILLION, style.BLUE)
AXIS = "ms since all of them asked"


def stampedes(runs: Mapping[str, tuple[Sequence[Wait], int]]) -> Picture:
    """Runs name -> (waits, computations), at most two, one group of bars each, a bar a caller.

    Raises ValueError for no run, more than two, or one without callers.
    """
    if not 1 <= len(runs) <= len(COLOURS) or not all(waits for waits, _ in runs.values()):
        raise ValueError(f"Give one or two runs with callers, not {len(runs)}.")
    title, callers = _finding(runs), max(len(waits) for waits, _ in runs.values())
    note = f"{callers} callers with one question at the same moment; a bar each, measured"
    heights = [BAR_IN * len(waits) + 0.15 for waits, _ in runs.values()]
    margins = Margins(margin_for(runs), 1.2, between=0.25)
    figure, all_axes = picture(title, note, heights, margins)
    most = max(wait.end_ms for waits, _ in runs.values() for wait in waits)
    for axes, (name, (waits, _)), colour in zip(all_axes, runs.items(), COLOURS, strict=False):
        for y, wait in enumerate(waits):
            axes.barh(y, wait.end_ms - wait.start_ms, 0.7, left=wait.start_ms, color=colour)
        axes.set_xlim(0, 1.05 * most)
        axes.set_ylim(len(waits) - 0.4, -0.6)
        axes.set_yticks([(len(waits) - 1) / 2], [name])
        style.beside(axes, f"last: {style.ms(waits[-1].end_ms)}", len(waits) - 1, 80)
        if axes is not all_axes[-1]:
            axes.set_xticks([])
    style.time_axis(all_axes[-1], AXIS)
    figure.description = "\n".join([title, note, *map(_in_words, runs.items())])
    return figure


def _finding(runs: Mapping[str, tuple[Sequence[Wait], int]]) -> str:
    parts = [
        f"{name}: {count} computed, {style.duration(_mean(waits))} on average"
        for name, (waits, count) in runs.items()
    ]
    return "; ".join(parts)


def _mean(waits: Sequence[Wait]) -> float:
    return fmean(wait.end_ms - wait.start_ms for wait in waits)


def _in_words(run: tuple[str, tuple[Sequence[Wait], int]]) -> str:
    name, (waits, count) = run
    ends = ", ".join(style.ms(wait.end_ms) for wait in waits)
    return f"{name}: {count} computed; done after {ends}"

"""The wait of each caller when all ask at once, with and without single flight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from harness.labs.caching.stampede import Wait
from harness.show import number_formats, palette, style
from harness.show.chart import require
from harness.show.style import Margins, Picture, margin_for, picture

BAR_IN = 0.16
COLOURS = (palette.VERMILLION, palette.BLUE)
AXIS = "ms since all of them asked"


def stampede_bars(runs: Mapping[str, tuple[Sequence[Wait], int]]) -> Picture:
    """Draw runs name -> (waits, computations), at most two, as groups of bars, a bar for each caller.

    Raises ValueError for no run, more than two, or one without callers.
    """
    require(runs, "runs", most=len(COLOURS))
    callers = {name: waits for name, (waits, _) in runs.items()}
    for waits in callers.values():
        require(waits, "callers a run")
    most = max(map(len, callers.values()))
    note = f"{most} callers with one question at the same moment; a bar each, measured"
    heights = [BAR_IN * len(waits) + 0.15 for waits in callers.values()]
    margins = Margins(margin_for(runs), 1.2, between=0.25)
    figure, all_axes = picture(_finding(runs), note, heights, margins, AXIS)
    longest = max(wait.end_ms for waits in callers.values() for wait in waits)
    for axes, (name, waits), colour in zip(all_axes, callers.items(), COLOURS, strict=False):
        for y, wait in enumerate(waits):
            axes.barh(y, wait.end_ms - wait.start_ms, 0.7, left=wait.start_ms, color=colour)
        axes.set_xlim(0, 1.05 * longest)
        axes.set_ylim(len(waits) - 0.4, -0.6)
        axes.set_yticks([(len(waits) - 1) / 2], [name])
        style.beside(axes, f"last: {number_formats.ms(waits[-1].end_ms)}", len(waits) - 1, 80)
        if axes is not all_axes[-1]:
            axes.set_xticks([])
    return figure.described(_in_words(name, *run) for name, run in runs.items())


def _finding(runs: Mapping[str, tuple[Sequence[Wait], int]]) -> str:
    return "; ".join(
        f"{name}: {count} computed, {number_formats.duration(_mean(waits))} on average"
        for name, (waits, count) in runs.items()
    )


def _mean(waits: Sequence[Wait]) -> float:
    return fmean(wait.end_ms - wait.start_ms for wait in waits)


def _in_words(name: str, waits: Sequence[Wait], count: int) -> str:
    ends = ", ".join(number_formats.ms(wait.end_ms) for wait in waits)
    return f"{name}: {count} computed; done after {ends}"

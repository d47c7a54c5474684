"""Latency against quality: the options on the frontier, and those that another beats on both counts."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.measure.stats import Proportion
from harness.show import chart, number_formats, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.4
FRONTIER, BEATEN, GUESS = palette.BLUE, palette.GREY, palette.ORANGE
CROWD = 12  # so many names and intervals can be told apart; of more, only the two in the title have them
TICKS_MS = (20, 50, 100, 200, 300, 500, 1000, 2000, 5000)
AXIS = "end-to-end p50 in ms, logarithmic; bars: 95 % interval of the share of right answers"


@dataclass(frozen=True, slots=True)
class Point:
    """An option: ms end-to-end (p50), and right answers of all."""

    name: str
    ms: float
    right: Proportion


def pareto(
    points: Sequence[Point],
    frontier: Collection[str],
    guessed: Mapping[str, tuple[float, float]] | None = None,
    note: str = "",
) -> Picture:
    """Draw options with their intervals; those named in `frontier` are joined, the others pale.

    Of more than CROWD options, only the fastest on the frontier and the one most often right are named.
    guessed: name -> (ms, share of right answers), drawn as crosses where the axis has the ms. note: how the
    points were measured; by default, that all of them answered the same questions in turn. Raises ValueError
    for no points.
    """
    chart.require(points, "points")
    guessed = {name: at for name, at in (guessed or {}).items() if 0 < at[0] < math.inf}
    n = points[0].right.n
    default_note = f"the same {n} questions, asked in turn, through HTTP; network distance is SIM"
    title, margins = _finding(points, frontier), Margins(left=0.6)
    figure, [axes] = picture(title, note or default_note, [HEIGHT_IN], margins, AXIS)
    _scales(axes, [p.ms for p in points] + [ms for ms, _ in guessed.values()])
    by_speed = sorted(points, key=lambda p: p.ms)
    path = [(p.ms, p.right.rate) for p in by_speed if p.name in frontier]
    if path:
        axes.plot(*zip(*path, strict=True), "-", color=FRONTIER, alpha=0.4)
    if len(points) > CROWD:
        _crowd(axes, points, frontier)
    else:
        for place, point in enumerate(by_speed):
            colour = FRONTIER if point.name in frontier else BEATEN
            _point(axes, point, colour, above=place % 2 == 0)
    for name, (ms, share) in guessed.items():
        axes.plot(ms, share, "x", color=GUESS, markersize=10, mew=2.5, zorder=5)
        _name(axes, f"guess: {name}", (ms, share), GUESS, -4)
    rows = [_in_words(point, point.name in frontier) for point in points]
    guesses = [f"guessed {n}: {ms:,.0f} ms, {s:.0%}" for n, (ms, s) in guessed.items()]
    return figure.described(rows + guesses)


def _scales(axes: Axes, times_ms: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(min(times_ms) / 1.5, max(times_ms) * 1.8)
    chart.ticks(axes.xaxis, TICKS_MS, "{:,}".format)
    axes.set_ylim(-0.06, 1.12)
    chart.y_axis(axes, form=lambda share: f"{100 * share:.0f} %" if share < 1.01 else "")
    axes.grid(axis="y", color=palette.PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def _crowd(axes: Axes, points: Sequence[Point], frontier: Collection[str]) -> None:
    """Draw a dot for each point, and in full the fastest on the frontier and the one most often right."""
    for point in points:
        colour = FRONTIER if point.name in frontier else BEATEN
        axes.plot(point.ms, point.right.rate, "o", mfc=colour, mew=0, alpha=0.5, markersize=7)
    fast, best = _ends(points, frontier) or (None, None)
    if fast:
        _point(axes, fast, FRONTIER, above=False)
    if best and best is not fast:
        _point(axes, best, FRONTIER, above=True)


def _point(axes: Axes, point: Point, colour: str, above: bool) -> None:
    rate, interval = point.right.rate, point.right.interval
    axes.vlines(point.ms, interval.low, interval.high, color=colour, linewidth=2, zorder=2)
    face = colour if colour == FRONTIER else "white"
    axes.plot(point.ms, rate, "o", mfc=face, mec=colour, mew=2, markersize=9, zorder=3)
    text_colour = palette.FAINT if colour == BEATEN else colour
    _name(axes, point.name, (point.ms, rate), text_colour, 6 if above else -13)


def _name(axes: Axes, text: str, at: tuple[float, float], colour: str, up_pt: float) -> None:
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5}
    style.write(axes, text, at, (9, up_pt), colour=colour, weight="bold", bbox=box, zorder=6)


def _finding(points: Sequence[Point], frontier: Collection[str]) -> str:
    ends = _ends(points, frontier)
    if not ends:
        return "Nothing on the frontier yet"
    fast, best = ends
    if fast is best:
        return f"{_short(fast)}: no other option is faster or more often right"
    return f"Fastest: {_short(fast)}; most often right: {_short(best)}"


def _ends(points: Sequence[Point], frontier: Collection[str]) -> tuple[Point, ...]:
    """Return the fastest point on the frontier and the one most often right; () if none is on it."""
    best = [point for point in points if point.name in frontier]
    if not best:
        return ()
    return min(best, key=lambda point: point.ms), max(best, key=lambda point: point.right.rate)


def _short(point: Point) -> str:
    right = point.right
    return f"{point.name}, {number_formats.ms(point.ms)}, {right.successes} of {right.n}"


def _in_words(point: Point, on_frontier: bool) -> str:
    return (
        f"{point.name}: {number_formats.ms(point.ms)} end-to-end p50, right {point.right}, "
        f"{'on the frontier' if on_frontier else 'beaten'}"
    )

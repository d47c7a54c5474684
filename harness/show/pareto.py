"""Latency against quality: what is worth a thought, and what something else beats on both counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.measure.latency.stats import Proportion
from harness.show import style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.4
WORTH, BEATEN, GUESS = style.BLUE, style.GREY, style.ORANGE
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
    """Options with their intervals; those whose names are in `frontier` are joined, the others pale.

    guessed: name -> (ms, share of right answers), drawn as crosses. note: how it was measured, if not as
    options of one learner are. Raises ValueError for no points.
    """
    if not points:
        raise ValueError("There is nothing to choose from: measure at least one option.")
    title = _finding(points, frontier)
    asked = f"the same {points[0].right.n} questions, asked in turn, through HTTP; distance is SIM"
    note = note or asked
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.6))
    _scales(axes, points, guessed or {})
    worth = sorted((p for p in points if p.name in frontier), key=lambda p: p.ms)
    axes.plot([p.ms for p in worth], [p.right.rate for p in worth], "-", color=WORTH, alpha=0.4)
    for place, point in enumerate(sorted(points, key=lambda p: p.ms)):
        _point(axes, point, WORTH if point.name in frontier else BEATEN, above=place % 2 == 0)
    for name, (ms, share) in (guessed or {}).items():
        axes.plot(ms, share, "x", color=GUESS, markersize=10, mew=2.5, zorder=5)
        _name(axes, f"guess: {name}", ms, share, GUESS, (9, -4))
    style.time_axis(axes, AXIS)
    rows = (_in_words(point, point.name in frontier) for point in points)
    guesses = (f"guessed {n}: {ms:,.0f} ms, {s:.0%}" for n, (ms, s) in (guessed or {}).items())
    figure.description = "\n".join([title, note, *rows, *guesses])
    return figure


def _scales(
    axes: Axes, points: Sequence[Point], guessed: Mapping[str, tuple[float, float]]
) -> None:
    times = [p.ms for p in points] + [ms for ms, _ in guessed.values()]
    axes.set_xscale("log")
    axes.set_xlim(min(times) / 1.5, max(times) * 1.8)
    low, high = axes.get_xlim()
    marks = [ms for ms in (20, 50, 100, 200, 300, 500, 1000, 2000, 5000) if low < ms < high]
    axes.set_xticks(marks, [f"{ms:,}" for ms in marks])
    axes.minorticks_off()
    axes.set_ylim(-0.06, 1.12)
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %" if value < 1.01 else "")
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.grid(axis="y", color=style.PALE, linewidth=0.8)
    axes.set_axisbelow(True)


def _point(axes: Axes, point: Point, colour: str, above: bool) -> None:
    rate, interval = point.right.rate, point.right.interval
    axes.vlines(point.ms, interval.low, interval.high, color=colour, linewidth=2, zorder=2)
    face = colour if colour == WORTH else "white"
    axes.plot(point.ms, rate, "o", mfc=face, mec=colour, mew=2, markersize=9, zorder=3)
    _name(axes, point.name, point.ms, rate, colour, (9, 6 if above else -13))


def _name(
    axes: Axes,
    text: str,
    x: float,
    y: float,
    colour: str,
    shift: tuple[int, int],
) -> None:
    axes.annotate(
        text,
        (x, y),
        xytext=shift,
        textcoords="offset points",
        ha="left",
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        fontsize=style.SMALL_PT,
        weight="bold",
        color=style.FAINT if colour == BEATEN else colour,
        annotation_clip=False,
        zorder=6,
    )


def _finding(points: Sequence[Point], frontier: Collection[str]) -> str:
    worth = [point for point in points if point.name in frontier]
    if not worth:
        return "Nothing on the frontier yet"
    fast, best = min(worth, key=lambda p: p.ms), max(worth, key=lambda p: p.right.rate)
    if fast is best:
        return f"{_short(fast)}: no other option is faster or more often right"
    return f"Fastest: {_short(fast)}; most often right: {_short(best)}"


def _short(point: Point) -> str:
    right = point.right
    return f"{point.name}, {style.ms(point.ms)}, {right.successes} of {right.n}"


def _in_words(point: Point, worth: bool) -> str:
    return (
        f"{point.name}: {style.ms(point.ms)} end-to-end p50, right {point.right}, "
        f"{'on the frontier' if worth else 'beaten'}"
    )

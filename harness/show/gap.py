"""Two numbers per stage, side by side: a guess and the truth, or today and a budget."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from harness import semconv
from harness.show import style
from harness.show.rows import label, named
from harness.show.style import Margins, Picture, margin_for, picture

FIRST, SECOND = style.ORANGE, style.BLUE
FLOOR_MS = 0.1  # a logarithmic axis has no zero
NAMES_IN = 0.1  # above the first row, where the two sides are named
BESIDE_PT = 9  # from a dot to its number
SAME = 1.05  # a factor that rounds to 1.0
AXIS = "ms, logarithmic: equal distances are equal factors"

Pair = tuple[float, float]


def gap(
    first_ms: Mapping[str, float], second_ms: Mapping[str, float], names: tuple[str, str]
) -> Picture:
    """One row per stage that both sides have, stage -> ms each, with the factor between them.

    names: what the two sides are, such as ("your guess", "measured").
    """
    pairs = {s: (_ms(first_ms[s]), _ms(second_ms[s])) for s in first_ms if s in second_ms}
    labels = [label(stage, stage == semconv.NETWORK) for stage in pairs]
    height = style.ROW_IN * len(pairs) + NAMES_IN
    title, note = _finding(pairs, names), f"{names[0]} against {names[1]}, ms per stage"
    figure, [axes] = picture(title, note, [height], Margins(margin_for(labels)))
    _scales(axes, pairs, labels)
    for y, pair in enumerate(pairs.values()):
        _row(axes, y, pair)
    _name_the_sides(axes, next(iter(pairs.values())), names)
    figure.description = _in_words(title, pairs, names)
    return figure


def _scales(axes: Axes, pairs: Mapping[str, Pair], labels: list[str]) -> None:
    values = [value for pair in pairs.values() for value in pair]
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 2)
    axes.set_ylim(len(pairs) - 0.5, -0.5 - NAMES_IN / style.ROW_IN)
    axes.set_yticks(range(len(pairs)), labels)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")  # the log scale brings its own
    axes.xaxis.set_minor_formatter(NullFormatter())  # "6 × 10²" helps nobody
    style.time_axis(axes, AXIS)


def _row(axes: Axes, y: int, pair: Pair) -> None:
    axes.plot(pair, [y, y], color=style.PALE, linewidth=4, zorder=1)
    for value, colour, left in _sides(pair):
        axes.plot(value, y, "o", color=colour, markersize=9, zorder=2)
        axes.annotate(
            f"{value:,.0f}",
            (value, y),
            xytext=(-BESIDE_PT if left else BESIDE_PT, 0),
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=style.TEXT_PT,
            color=colour,
        )


def _name_the_sides(axes: Axes, pair: Pair, names: tuple[str, str]) -> None:
    """Above the dots of the first row, where a legend would make the eye travel."""
    for name, (value, colour, left) in zip(names, _sides(pair), strict=True):
        axes.annotate(
            name,
            (value, 0),
            xytext=(-2 if left else 2, BESIDE_PT + 3),
            textcoords="offset points",
            ha="right" if left else "left",
            fontsize=style.SMALL_PT,
            weight="bold",
            color=colour,
        )


def _sides(pair: Pair) -> tuple[tuple[float, str, bool], tuple[float, str, bool]]:
    """(ms, colour, whether its text stands at the left) of both sides."""
    first, second = pair
    return (first, FIRST, first <= second), (second, SECOND, second < first)


def _finding(pairs: Mapping[str, Pair], names: tuple[str, str]) -> str:
    stage, pair = max(pairs.items(), key=lambda item: _factor(item[1]))
    if _factor(pair) < SAME:
        return f"{names[0]} and {names[1]} agree on every stage".capitalize()
    who, (first, second) = named(stage), map(style.ms, pair)
    factor = f"{_factor(pair):,.{1 if _factor(pair) < 10 else 0}f}"
    return f"{who[0].upper()}{who[1:]} differs most: {first} against {second}, a factor of {factor}"


def _in_words(title: str, pairs: Mapping[str, Pair], names: tuple[str, str]) -> str:
    lines = [
        f"{label(stage, stage == semconv.NETWORK):<20}{style.ms(first):>10}{style.ms(second):>10}"
        for stage, (first, second) in pairs.items()
    ]
    return "\n".join([title, f"(columns: {', '.join(names)})", *lines])


def _factor(pair: Pair) -> float:
    return max(pair) / min(pair)


def _ms(value: float) -> float:
    return max(float(value), FLOOR_MS)

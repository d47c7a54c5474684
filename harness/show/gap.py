"""Two numbers per stage, side by side: a guess and the measured time, or today's time and a budget."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from harness import semconv
from harness.show import chart, number_formats, palette, style
from harness.show.rows import label, named
from harness.show.style import Margins, Picture, margin_for, picture

FIRST, SECOND = palette.ORANGE, palette.BLUE
FLOOR_MS = 0.1  # a logarithmic axis has no zero
NAMES_IN = 0.1  # above the first row, where the two sides are named
BESIDE_PT = 9  # from a dot to its number
SAME = 1.05  # a factor that rounds to 1.0
AXIS = "ms, logarithmic: equal distances are equal factors"

Pair = tuple[float, float]


def gap(
    first_ms: Mapping[str, float], second_ms: Mapping[str, float], names: tuple[str, str]
) -> Picture:
    """Draw a row for each stage that both sides have; the title gives the largest factor.

    first_ms, second_ms: stage -> ms. names: what the two sides are, such as ("your guess", "measured").
    """
    pairs = {s: (_ms(first_ms[s]), _ms(second_ms[s])) for s in first_ms if s in second_ms}
    labels = [label(stage, stage == semconv.NETWORK) for stage in pairs]
    height = style.ROW_IN * len(pairs) + NAMES_IN
    title, note = _finding(pairs, names), f"{names[0]} against {names[1]}, ms per stage"
    figure, [axes] = picture(title, note, [height], Margins(margin_for(labels)), AXIS)
    chart.name_rows(axes, labels, above=NAMES_IN / style.ROW_IN)
    _scale(axes, [value for pair in pairs.values() for value in pair])
    for y, pair in enumerate(pairs.values()):
        _row(axes, y, pair)
    _name_the_sides(axes, next(iter(pairs.values())), names)
    times = zip(labels, pairs.values(), strict=True)
    lines = (
        f"{name:<20}{number_formats.ms(a):>10}{number_formats.ms(b):>10}" for name, (a, b) in times
    )
    figure.description = "\n".join([title, f"(columns: {', '.join(names)})", *lines])
    return figure


def _scale(axes: Axes, values: list[float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")  # instead of the log scale's own
    axes.xaxis.set_minor_formatter(NullFormatter())  # without labels such as "6 × 10²"


def _row(axes: Axes, y: int, pair: Pair) -> None:
    axes.plot(pair, [y, y], color=palette.PALE, linewidth=4, zorder=1)
    for value, colour, side, sign in _sides(pair):
        axes.plot(value, y, "o", color=colour, markersize=9, zorder=2)
        look = {"colour": colour, "size": style.TEXT_PT, "ha": side, "va": "center"}
        style.write(axes, f"{value:,.0f}", (value, y), (sign * BESIDE_PT, 0), **look)


def _name_the_sides(axes: Axes, pair: Pair, names: tuple[str, str]) -> None:
    """Write the names above the dots of the first row, so that no legend is needed."""
    for name, (value, colour, side, sign) in zip(names, _sides(pair), strict=True):
        look = {"colour": colour, "weight": "bold", "ha": side}
        style.write(axes, name, (value, 0), (2 * sign, BESIDE_PT + 3), **look)


def _sides(pair: Pair) -> list[tuple[float, str, str, int]]:
    """Return (ms, colour, alignment of its text, direction of its text: -1 is left) of both sides."""
    first, second = pair
    left, right = ("right", -1), ("left", 1)
    sides = (left, right) if first <= second else (right, left)
    return [(first, FIRST, *sides[0]), (second, SECOND, *sides[1])]


def _finding(pairs: Mapping[str, Pair], names: tuple[str, str]) -> str:
    stage, pair = max(pairs.items(), key=lambda item: _factor(item[1]))
    if _factor(pair) < SAME:
        return f"{names[0]} and {names[1]} agree on every stage".capitalize()
    name, (first, second) = named(stage), map(number_formats.ms, pair)
    factor = f"{_factor(pair):,.{1 if _factor(pair) < 10 else 0}f}"
    return (
        f"{name[0].upper()}{name[1:]} differs most: {first} against {second}, a factor of {factor}"
    )


def _factor(pair: Pair) -> float:
    return max(pair) / min(pair)


def _ms(value: float) -> float:
    return max(float(value), FLOOR_MS)

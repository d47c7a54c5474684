"""Two numbers per stage, side by side: a guess and the truth, or today and a budget."""

from __future__ import annotations

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from harness.semconv import NETWORK

BEFORE, AFTER, LINE = "#E69F00", "#0072B2", "#BBBBBB"  # Okabe-Ito orange and blue
FLOOR_MS = 0.1  # a logarithmic axis has no zero


def gap(
    first_ms: Mapping[str, float], second_ms: Mapping[str, float], names: tuple[str, str]
) -> Figure:
    """One row per stage that both have; equal distances are equal factors.

    first_ms, second_ms: stage -> ms. names: what the two are, such as ("your guess", "measured").
    """
    rows = {s: (_ms(first_ms[s]), _ms(second_ms[s])) for s in first_ms if s in second_ms}
    figure, axes = plt.subplots(figsize=(9, 0.6 * len(rows) + 1.4), layout="constrained")
    plt.close(figure)  # shown once, by the cell that returns it
    for y, (first, second) in enumerate(rows.values()):
        axes.plot([first, second], [y, y], color=LINE, linewidth=3, zorder=1)
        for value, colour, side in (
            (first, BEFORE, first <= second),
            (second, AFTER, second < first),
        ):
            axes.plot(value, y, "o", color=colour, markersize=9)
            axes.annotate(
                f"{value:,.0f}",
                (value, y),
                xytext=(-9 if side else 9, 0),
                textcoords="offset points",
                ha="right" if side else "left",
                va="center",
                color=colour,
            )
    _dress(axes, rows, names)
    return figure


def _dress(axes: plt.Axes, rows: dict[str, tuple[float, float]], names: tuple[str, str]) -> None:
    axes.set_xscale("log")
    low = min(min(pair) for pair in rows.values())
    high = max(max(pair) for pair in rows.values())
    axes.set_xlim(low / 2, high * 2)
    labels = [f"{stage} (SIM)" if stage == NETWORK else stage for stage in rows]
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()
    axes.set_ylim(len(rows) - 0.5, -1.0)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_xlabel("ms, logarithmic: equal distances are equal factors")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    stage, (first, second) = max(rows.items(), key=lambda row: _factor(*row[1]))
    axes.set_title(_finding(stage, first, second, names), loc="left")
    _name_the_dots(axes, next(iter(rows.values())), names)


def _name_the_dots(axes: plt.Axes, pair: tuple[float, float], names: tuple[str, str]) -> None:
    """Direct labels above the dots of the first row, where a legend would make the eye travel."""
    for value, name, colour, left in (
        (pair[0], names[0], BEFORE, pair[0] <= pair[1]),
        (pair[1], names[1], AFTER, pair[1] < pair[0]),
    ):
        axes.annotate(
            name,
            (value, 0),
            xytext=(6 if left else -6, 14),
            textcoords="offset points",
            ha="right" if left else "left",
            color=colour,
        )


def _finding(stage: str, first: float, second: float, names: tuple[str, str]) -> str:
    factor = _factor(first, second)
    return (
        f"{stage} differs most, by a factor of {factor:,.{1 if factor < 10 else 0}f}: "
        f"{first:,.0f} ms ({names[0]}), {second:,.0f} ms ({names[1]})"
    )


def _factor(first: float, second: float) -> float:
    return max(first / second, second / first)


def _ms(value: float) -> float:
    return max(float(value), FLOOR_MS)

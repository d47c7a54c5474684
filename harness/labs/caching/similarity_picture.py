"""How alike an embedder finds pairs of questions, by the sort of pair: what belongs apart lies mixed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from harness.labs.caching.pairs import SAME, Pair
from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

ROW_IN = 0.5
RIGHT_IN = 1.9
COLUMNS = (("median", 58), ("hits", 120))  # heading, right edge in points
SHAKEN = 0.22  # of a row: dots of one cosine lie beside each other
AXIS = "cosine; dots: pairs (blue, right of the line: wanted; red: a wrong answer)"


def similarity(
    pairs: Sequence[Pair], cosines: np.ndarray, threshold: float, passes: np.ndarray | None = None
) -> Picture:
    """A row of dots for each sort. passes: bool (n,), what a guard lets through; the rest is pale.

    Raises ValueError for no pairs.
    """
    if not len(pairs):
        raise ValueError("There are no pairs to show: draw at least one.")
    sorts = sorted({pair.sort for pair in pairs}, key=lambda sort: (sort not in SAME, sort))
    passes = np.ones(len(pairs), bool) if passes is None else passes
    title = _finding(pairs, cosines, threshold, passes)
    guard = "all compared" if passes.all() else "pale: kept apart by the guard"
    note = f"{len(pairs)} labelled pairs, measured; threshold {threshold:.2f}; {guard}"
    margins = Margins(margin_for(map(_label, sorts)), RIGHT_IN)
    figure, [axes] = picture(title, note, [ROW_IN * len(sorts)], margins)
    axes.set_xlim(min(0.0, float(cosines.min())), 1.02)
    axes.set_ylim(len(sorts) - 0.5, -0.5)
    axes.set_yticks(range(len(sorts)), map(_label, sorts))
    axes.axvline(min(threshold, 1.02), color=style.INK, linewidth=1.4, linestyle=(0, (4, 2)))
    words = []
    for y, sort in enumerate(sorts):
        here = np.array([pair.sort == sort for pair in pairs])
        _dots(axes, y, cosines[here], passes[here], sort in SAME)
        hits = int((passes[here] & (cosines[here] >= threshold)).sum())
        numbers = (f"{np.median(cosines[here]):.2f}", f"{hits} of {here.sum()}")
        for text, (_, right_pt) in zip(numbers, COLUMNS, strict=True):
            style.beside(axes, text, y, right_pt)
        words.append(f"{_label(sort)}: median {numbers[0]}, hits {numbers[1]}")
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *words])
    return figure


def _label(sort: str) -> str:
    return f"{sort} (same)" if sort in SAME else f"{sort} (another)"


def _dots(axes: Axes, y: int, cosines: np.ndarray, passes: np.ndarray, same: bool) -> None:
    shake = np.random.default_rng(0).uniform(-SHAKEN, SHAKEN, len(cosines))
    colour, mark = (style.BLUE, "o") if same else (style.VERMILLION, "s")
    look = {"marker": mark, "s": 16, "linewidths": 0, "alpha": 0.6}
    axes.scatter(cosines[~passes], y + shake[~passes], color=style.PALE, zorder=1, **look)
    axes.scatter(cosines[passes], y + shake[passes], color=colour, zorder=2, **look)


def _finding(
    pairs: Sequence[Pair], cosines: np.ndarray, threshold: float, passes: np.ndarray
) -> str:
    same = np.array([pair.same for pair in pairs])
    hit = passes & (cosines >= threshold)
    if not hit.any():
        return f"Nothing hits at {threshold:.2f}"
    wrong = style.percent((hit & ~same).sum() / hit.sum())
    right = style.percent((hit & same).sum() / max(1, same.sum()))
    return (
        f"{wrong} of all hits are wrong; {right} of the questions that mean the same are recognised"
    )

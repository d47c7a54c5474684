"""Cosines of labelled pairs of questions, by kind of pair; same and different meanings overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from harness.labs.caching.pairs import SAME, Pair
from harness.show import chart, palette
from harness.show.number_formats import percent
from harness.show.style import Picture

ROW_IN = 0.5
COLUMNS = chart.Columns(1.9, (("median", 58), ("hits", 120)))
JITTER = 0.22  # of a row, so that dots of equal cosine do not cover each other
AXIS = "cosine; dots: pairs (blue, right of the line: wanted; red: a wrong answer)"


def similarity(
    pairs: Sequence[Pair], cosines: np.ndarray, threshold: float, passes: np.ndarray | None = None
) -> Picture:
    """Draw a row of dots for each kind. passes: bool (n,), pairs that a guard lets through; others are pale.

    Raises ValueError for no pairs.
    """
    chart.require(pairs, "pairs")
    passes = np.ones(len(pairs), bool) if passes is None else passes
    guard = "all compared" if passes.all() else "pale: kept apart by the guard"
    note = f"{len(pairs)} labelled pairs, measured; threshold {threshold:.2f}; {guard}"
    kinds = sorted({pair.kind for pair in pairs}, key=lambda kind: (kind not in SAME, kind))
    masks = [np.array([pair.kind == kind for pair in pairs]) for kind in kinds]
    names = [f"{kind} ({'same' if kind in SAME else 'another'})" for kind in kinds]
    hit = passes & (cosines >= threshold)
    cells = [(f"{np.median(cosines[m]):.2f}", f"{hit[m].sum()} of {m.sum()}") for m in masks]
    title = _finding(pairs, hit, threshold)
    figure, axes = chart.rows_picture(title, note, names, COLUMNS, AXIS, cells, ROW_IN)
    axes.set_xlim(min(0.0, float(cosines.min())), 1.02)
    chart.dashed(axes, "x", min(threshold, 1.02), palette.INK, width=1.4, zorder=2)
    for y, (kind, mask) in enumerate(zip(kinds, masks, strict=True)):
        _dots(axes, y, cosines[mask], passes[mask], kind in SAME)
    numbers = zip(names, cells, strict=True)
    return figure.described(f"{name}: median {m}, hits {hits}" for name, (m, hits) in numbers)


def _dots(axes: Axes, y: int, cosines: np.ndarray, passes: np.ndarray, same: bool) -> None:
    jitter = np.random.default_rng(0).uniform(-JITTER, JITTER, len(cosines))
    colour, marker = (palette.BLUE, "o") if same else (palette.VERMILLION, "s")
    look = {"marker": marker, "s": 16, "linewidths": 0, "alpha": 0.6}
    axes.scatter(cosines[~passes], y + jitter[~passes], color=palette.PALE, zorder=1, **look)
    axes.scatter(cosines[passes], y + jitter[passes], color=colour, zorder=2, **look)


def _finding(pairs: Sequence[Pair], hit: np.ndarray, threshold: float) -> str:
    if not hit.any():
        return f"Nothing hits at {threshold:.2f}"
    same = np.array([pair.same for pair in pairs])
    wrong = percent((hit & ~same).sum() / hit.sum())
    right = percent((hit & same).sum() / max(1, same.sum()))
    return (
        f"{wrong} of all hits are wrong; {right} of the questions that mean the same are recognised"
    )

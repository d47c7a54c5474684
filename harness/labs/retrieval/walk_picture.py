"""A walk over a graph in the plane: what was looked at, what was kept, and all that was left alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.collections import LineCollection

from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 3.6


def walked(
    points: np.ndarray,
    graph: Sequence[Sequence[int]],
    query: np.ndarray,
    looked: Sequence[int],
    kept: Sequence[int],
) -> Picture:
    """points: (n, 2). graph: links of each. query: (2,). looked, kept: rows, in the order of the walk."""
    title = (
        f"{len(set(looked))} of {len(points)} points looked at to keep {len(kept)}; "
        f"{_right(points, query, kept)} of these are truly nearest"
    )
    note = "numbers: the order in which the first points were looked at; star: the query"
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.3))
    _links(axes, points, graph)
    rest = [row for row in range(len(points)) if row not in set(looked)]
    axes.scatter(*points[rest].T, s=14, color=style.PALE, zorder=2)
    axes.scatter(*points[list(looked)].T, s=34, color=style.SKY, zorder=3, label="looked at")
    axes.scatter(*points[list(kept)].T, s=70, color=style.BLUE, marker="s", zorder=4, label="kept")
    axes.plot(*query, "*", color=style.VERMILLION, markersize=17, zorder=5, label="query")
    for number, row in enumerate(list(looked)[:6], start=1):
        axes.annotate(
            f"{number}",
            points[row],
            xytext=(4, 5),
            textcoords="offset points",
            fontsize=style.SMALL_PT,
            color=style.INK,
            zorder=6,
        )
    axes.spines["bottom"].set_visible(False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=style.SMALL_PT, loc="upper right")
    figure.description = "\n".join([title, note])
    return figure


def _links(axes: object, points: np.ndarray, graph: Sequence[Sequence[int]]) -> None:
    pairs = [(points[a], points[b]) for a, others in enumerate(graph) for b in others if a < b]
    axes.add_collection(LineCollection(pairs, colors=style.PALE, linewidths=0.6, zorder=1))


def _right(points: np.ndarray, query: np.ndarray, kept: Sequence[int]) -> int:
    order = np.argsort(np.linalg.norm(points - query, axis=1))[: len(kept)]
    return len(set(map(int, order)) & set(map(int, kept)))

"""A walk over a graph in the plane: the points visited, those kept, and all that were left alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from harness.show import style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.6
NUMBERED = 6  # points whose place in the order is written
NOTE = "numbers: the order in which the first points were looked at; star: the query"


def walked(
    points: np.ndarray,
    graph: Sequence[Sequence[int]],
    query: np.ndarray,
    looked: Sequence[int],
    kept: Sequence[int],
) -> Picture:
    """Draw the walk.

    points: (n, 2). graph: links of each. query: (2,). looked, kept: rows of `points` that were visited and
    kept, in the order of the walk.
    """
    title = (
        f"{len(set(looked))} of {len(points)} points looked at to keep {len(kept)}; "
        f"{_right(points, query, kept)} of these are truly nearest"
    )
    figure, [axes] = picture(title, NOTE, [HEIGHT_IN], Margins())
    _links(axes, points, graph)
    rest = [row for row in range(len(points)) if row not in set(looked)]
    axes.scatter(*points[rest].T, s=14, color=style.PALE, zorder=2)
    axes.scatter(*points[list(looked)].T, s=34, color=style.SKY, zorder=3, label="looked at")
    axes.scatter(*points[list(kept)].T, s=70, color=style.BLUE, marker="s", zorder=4, label="kept")
    axes.plot(*query, "*", color=style.VERMILLION, markersize=17, zorder=5, label="query")
    for number, row in enumerate(list(looked)[:NUMBERED], start=1):
        style.write(axes, f"{number}", points[row], (4, 5), zorder=6)
    axes.spines["bottom"].set_visible(False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=style.SMALL_PT, loc="upper right")
    return figure


def _links(axes: Axes, points: np.ndarray, graph: Sequence[Sequence[int]]) -> None:
    pairs = [(points[a], points[b]) for a, others in enumerate(graph) for b in others if a < b]
    axes.add_collection(LineCollection(pairs, colors=style.PALE, linewidths=0.6, zorder=1))


def _right(points: np.ndarray, query: np.ndarray, kept: Sequence[int]) -> int:
    """Return how many of the rows `kept` are among as many true nearest ones."""
    order = np.argsort(np.linalg.norm(points - query, axis=1))[: len(kept)]
    return len(set(map(int, order)) & set(map(int, kept)))

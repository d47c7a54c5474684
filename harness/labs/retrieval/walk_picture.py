"""A walk over a graph in the plane: the points visited, those kept, and all others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from harness.show import palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.6
NUMBERED = 6  # points that show their position in the order
NOTE = "numbers: the order in which the first points were visited; star: the query"


def walk_map(
    points: np.ndarray,
    graph: Sequence[Sequence[int]],
    query: np.ndarray,
    visited: Sequence[int],
    kept: Sequence[int],
) -> Picture:
    """Draw the walk.

    points: (n, 2). graph: for each point, the rows that it is linked with. query: (2,). visited, kept: rows
    of `points` in the order of the walk.
    """
    title = (
        f"{len(set(visited))} of {len(points)} points visited to keep {len(kept)}; "
        f"{_true_nearest(points, query, kept)} of these are truly nearest"
    )
    figure, [axes] = picture(title, NOTE, [HEIGHT_IN], Margins())
    _links(axes, points, graph)
    rest = [row for row in range(len(points)) if row not in set(visited)]
    axes.scatter(*points[rest].T, s=14, color=palette.PALE, zorder=2)
    axes.scatter(*points[list(visited)].T, s=34, color=palette.SKY, zorder=3, label="visited")
    axes.scatter(
        *points[list(kept)].T, s=70, color=palette.BLUE, marker="s", zorder=4, label="kept"
    )
    axes.plot(*query, "*", color=palette.VERMILLION, markersize=17, zorder=5, label="query")
    for number, row in enumerate(list(visited)[:NUMBERED], start=1):
        style.write(axes, f"{number}", points[row], (4, 5), zorder=6)
    axes.spines["bottom"].set_visible(False)
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.legend(frameon=False, fontsize=style.SMALL_PT, loc="upper right")
    return figure


def _links(axes: Axes, points: np.ndarray, graph: Sequence[Sequence[int]]) -> None:
    pairs = [(points[a], points[b]) for a, others in enumerate(graph) for b in others if a < b]
    axes.add_collection(LineCollection(pairs, colors=palette.PALE, linewidths=0.6, zorder=1))


def _true_nearest(points: np.ndarray, query: np.ndarray, kept: Sequence[int]) -> int:
    """Return how many of the rows `kept` are among the same number of true nearest ones."""
    order = np.argsort(np.linalg.norm(points - query, axis=1))[: len(kept)]
    return len(set(map(int, order)) & set(map(int, kept)))

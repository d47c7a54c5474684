"""Graphs to walk on: each vector is linked with its nearest ones, in `small_world` also with random ones.

Links to the nearest find the last steps to the target, random links the way to its neighbourhood. HNSW gets
the latter from its layers, each of which holds a part of the vectors of the layer below.
"""

from __future__ import annotations

import numpy as np

from harness.stages.exact_search import nearest

NEAR, FAR = 8, 2  # links of each kind that a vector adds; each link holds in both directions


def small_world(
    vectors: np.ndarray, near: int = NEAR, far: int = FAR, seed: int = 500
) -> list[list[int]]:
    """Return for each row of `vectors` (n, d), unit norm, the sorted rows that it is linked with.

    near, far: links that each row adds, to its nearest rows and to random ones; they hold in both directions.
    """
    rng = np.random.default_rng(seed)
    links: list[set[int]] = [set() for _ in vectors]
    for row, vector in enumerate(vectors):
        close = nearest(vectors, vector, near + 1)
        for other in (*close, *rng.integers(len(vectors), size=far)):
            if other != row:
                links[row].add(int(other))
                links[int(other)].add(row)
    return [sorted(neighbours) for neighbours in links]


def plane(n: int = 260, links: int = 5, seed: int = 4) -> tuple[np.ndarray, list[list[int]]]:
    """Return random points in a rectangle, (n, 2), and the rows each is linked with: a graph to draw."""
    points = np.random.default_rng(seed).random((n, 2)) * (2, 1)
    graph: list[set[int]] = [set() for _ in points]
    for row, point in enumerate(points):
        near = np.argsort(((points - point) ** 2).sum(1))[1 : links + 1]
        for other in map(int, near):
            graph[row].add(other)
            graph[other].add(row)
    return points, [sorted(neighbours) for neighbours in graph]

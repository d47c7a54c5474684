"""A graph to walk on: each vector linked with its nearest ones, and with a few at random.

The nearest links find the last metres, the random ones the way into the right quarter. HNSW gets the same
from layers, of which each holds a part of the vectors below it.
"""

from __future__ import annotations

import numpy as np

from harness.stages.exact_search import nearest

NEAR, FAR = 8, 2  # links of each sort; both ways


def small_world(
    vectors: np.ndarray, near: int = NEAR, far: int = FAR, seed: int = 500
) -> list[list[int]]:
    """For each row of `vectors` (n, d), unit norm, the rows it is linked with, sorted; links go both ways."""
    rng = np.random.default_rng(seed)
    links: list[set[int]] = [set() for _ in vectors]
    for row, vector in enumerate(vectors):
        close = nearest(vectors, vector, near + 1)
        for other in (*close, *rng.integers(len(vectors), size=far)):
            if other != row:
                links[row].add(int(other))
                links[int(other)].add(row)
    return [sorted(one) for one in links]


def plane(n: int = 260, links: int = 5, seed: int = 4) -> tuple[np.ndarray, list[list[int]]]:
    """Points in a rectangle, (n, 2), and the links of each with its nearest: a graph that can be seen."""
    points = np.random.default_rng(seed).random((n, 2)) * (2, 1)
    graph: list[set[int]] = [set() for _ in points]
    for row, point in enumerate(points):
        near = np.argsort(((points - point) ** 2).sum(1))[1 : links + 1]
        for other in map(int, near):
            graph[row].add(other)
            graph[other].add(row)
    return points, [sorted(one) for one in graph]

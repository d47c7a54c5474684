"""An index while articles come and go: the recall of four ways to maintain it, after every round.

hnswlib removes nothing. A deleted vector is only marked, so the search still passes through it; a new vector
may take its place, or the graph grows. An index that is never updated goes on finding vectors that are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import hnswlib
import numpy as np

from harness.labs.retrieval.search_runs import Search, SearchRun, exact, measure, walk
from harness.stages import hnsw_search

LINKS, EF_CONSTRUCTION = 8, 60  # a sparse graph: in a dense one the effect takes longer to show
SEED = 500
# Never updated; deleted vectors marked, new ones added; deleted vectors overwritten; built from scratch.
UNCHANGED, MARKED, REPLACED, REBUILT = "unchanged", "marked", "replaced", "rebuilt"


@dataclass(frozen=True, slots=True)
class Round:
    """The state after some exchanges. replaced: vectors exchanged so far, as a share of n.

    runs, held: a value for each way of maintenance. held: the number of vectors in the graph, deleted ones
    included.
    """

    replaced: float
    runs: Mapping[str, SearchRun]
    held: Mapping[str, int]


def churn(
    pool: np.ndarray,
    n: int,
    queries: np.ndarray,
    rounds: int,
    share: float = 0.25,
    k: int = 5,
    ef: int = 20,
) -> Iterator[Round]:
    """Yield the first state and one after each round, which exchanges the oldest `share` of n vectors.

    The vectors are drawn from `pool` (m, d), unit norm, in random order. The pool must hold
    n * (1 + rounds * share) of them. queries: (q, d).
    """
    # The label of a vector is its row in `pool`.
    order = np.random.default_rng(SEED).permutation(len(pool))
    indexes = {
        UNCHANGED: _graph(pool, order[:n], n),
        MARKED: _graph(pool, order[:n], len(pool)),
        REPLACED: _graph(pool, order[:n], n),
    }
    size = round(share * n)
    for number in range(rounds + 1):
        n_removed = number * size
        current = order[n_removed : n_removed + n]
        if number:
            removed, added = order[n_removed - size : n_removed], current[n - size :]
            for way in (MARKED, REPLACED):
                _exchange(indexes[way], pool, removed, added, way == REPLACED)
        yield _round(n_removed / n, pool, current, indexes, queries, k, ef)


def _graph(pool: np.ndarray, labels: np.ndarray, capacity: int) -> hnswlib.Index:
    index = hnswlib.Index("ip", pool.shape[1])
    index.init_index(
        capacity,
        M=LINKS,
        ef_construction=EF_CONSTRUCTION,
        random_seed=SEED,
        allow_replace_deleted=True,
    )
    index.add_items(pool[labels], labels, num_threads=1)
    return index


def _exchange(
    index: hnswlib.Index, pool: np.ndarray, removed: np.ndarray, added: np.ndarray, replace: bool
) -> None:
    for label in removed:
        index.mark_deleted(int(label))
    index.add_items(pool[added], added, num_threads=1, replace_deleted=replace)


def _round(
    replaced: float,
    pool: np.ndarray,
    current: np.ndarray,
    indexes: Mapping[str, hnswlib.Index],
    queries: np.ndarray,
    k: int,
    ef: int,
) -> Round:
    vectors = pool[current]
    rebuilt = hnsw_search.build(vectors, LINKS, EF_CONSTRUCTION)
    searches = {way: walk(index, ef) for way, index in indexes.items()}
    searches[REBUILT] = _labelled(walk(rebuilt, ef), current)
    runs = measure(searches, queries, k, truth=_labelled(exact(vectors), current))
    counts = {way: index.get_current_count() for way, index in indexes.items()}
    return Round(replaced, runs, {**counts, REBUILT: len(current)})


def _labelled(search: Search, labels: np.ndarray) -> Search:
    """Return `search` with labels in place of rows."""
    return lambda vector, k: labels[np.asarray(search(vector, k), np.intp)]

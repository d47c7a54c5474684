"""An index while articles come and go: four ways to keep it, and what each still finds after every round.

hnswlib takes nothing out. A deleted vector is only marked, so the walk still passes it; a new one may take
its place, or the graph just grows. An index that nobody touches goes on finding what is no longer there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import hnswlib
import numpy as np

from harness.labs.retrieval.recall import Found, Search, exact, searched, walk
from harness.stages import hnsw_search

LINKS, EF_CONSTRUCTION = (
    8,
    60,
)  # a light graph: one with reserves would hide for longer what happens
SEED = 500
LEFT, MARKED, REPLACED, REBUILT = "left as it was", "marked", "replaced", "built anew"


@dataclass(frozen=True, slots=True)
class Round:
    """replaced: vectors exchanged so far, as a share of those held. found, held: by way of keeping it."""

    replaced: float
    found: Mapping[str, Found]
    held: Mapping[str, int]  # vectors in the graph, the dead among them


def churn(
    pool: np.ndarray,
    n: int,
    queries: np.ndarray,
    rounds: int,
    share: float = 0.25,
    k: int = 5,
    ef: int = 20,
) -> Iterator[Round]:
    """n vectors out of `pool` (m, d), unit norm, in random order; each round the oldest `share` goes and
    as many that wait come. The pool must hold n * (1 + rounds * share) of them.
    """
    order = np.random.default_rng(SEED).permutation(
        len(pool)
    )  # a vector's label is its row in the pool
    indexes = {
        LEFT: _graph(pool, order[:n], n),
        MARKED: _graph(pool, order[:n], len(pool)),
        REPLACED: _graph(pool, order[:n], n),
    }
    size = round(share * n)
    for number in range(rounds + 1):
        gone = number * size
        held = order[gone : gone + n]
        if number:
            news = order[gone + n - size : gone + n]
            for way in (MARKED, REPLACED):
                _exchange(indexes[way], pool, order[gone - size : gone], news, way == REPLACED)
        yield _round(gone / n, pool, held, indexes, queries, k, ef)


def _graph(pool: np.ndarray, labels: np.ndarray, margins: int) -> hnswlib.Index:
    index = hnswlib.Index("ip", pool.shape[1])
    index.init_index(
        margins,
        M=LINKS,
        ef_construction=EF_CONSTRUCTION,
        random_seed=SEED,
        allow_replace_deleted=True,
    )
    index.add_items(pool[labels], labels, num_threads=1)
    return index


def _exchange(
    index: hnswlib.Index, pool: np.ndarray, olds: np.ndarray, news: np.ndarray, replace: bool
) -> None:
    for label in olds:
        index.mark_deleted(int(label))
    index.add_items(pool[news], news, num_threads=1, replace_deleted=replace)


def _round(
    replaced: float,
    pool: np.ndarray,
    held: np.ndarray,
    indexes: Mapping[str, hnswlib.Index],
    queries: np.ndarray,
    k: int,
    ef: int,
) -> Round:
    now = pool[held]
    anew = hnsw_search.build(now, LINKS, EF_CONSTRUCTION)
    searches = {way: walk(index, ef) for way, index in indexes.items()}
    searches[REBUILT] = _labelled(walk(anew, ef), held)
    found = searched(searches, queries, k, truth=_labelled(exact(now), held))
    counts = {way: index.get_current_count() for way, index in indexes.items()}
    return Round(replaced, found, {**counts, REBUILT: len(held)})


def _labelled(search: Search, labels: np.ndarray) -> Search:
    return lambda vector, k: labels[np.asarray(search(vector, k), np.intp)]

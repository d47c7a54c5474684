"""The checks of lab 06 beyond exact search: a walk over a graph, a filter, and reranking."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.checks.retrieval import rows, unit
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check
from grader.exercise.randomness import fresh_seed
from harness.labs.retrieval.graph import small_world

GRAPH = 800  # vectors to walk over
EFS = (1, 3, 10, 40)
ROUNDS = 12
FEW = 50  # up to so many allowed rows are compared exactly
ROWS = 1000  # of which the filter leaves some

WALK = Exercise("06", 3, "walk")
FILTERED = Exercise("06", 5, "filtered")
RERANKED = Exercise("06", 6, "reranked")


# ---- exercise 3: the walk -----------------------------------------------------------------------------


@dataclass
class Similarity:
    """The similarity of a row to the query. visited: every row it was called for, in order."""

    scores: np.ndarray
    visited: list[int] = field(default_factory=list)

    def __call__(self, row: int) -> float:
        self.visited.append(int(row))
        return float(self.scores[row])

    def __deepcopy__(self, memo: dict) -> Similarity:
        return self  # the check reads `visited` of this very object


@check
def walk(
    function: Callable[[list[list[int]], Callable[[int], float], int, int], Sequence[int]],
) -> None:
    """Check the ef best rows that a walk from `start` meets, best first, visiting no row twice."""
    limits, generator = CallLimits(WALK), np.random.default_rng(fresh_seed())
    vectors = unit(generator, GRAPH)
    graph = small_world(vectors, near=6, far=1, seed=int(generator.integers(2**31)))
    counts = []
    for number in range(ROUNDS):
        ef, start = EFS[number % len(EFS)], int(generator.integers(GRAPH))
        # In double precision no two rows are equally near: in single, one submission of hundreds has a tie.
        scores = vectors.astype(float) @ unit(generator, 1)[0].astype(float)
        similarity, reference = Similarity(scores), Similarity(scores)
        got = rows(WALK, limits.call(function, graph, similarity, start, ef))
        expected = walked(graph, reference, start, ef)
        WALK.expect(got, expected, f"as the rows for ef = {ef}", _look_at_walk, expected, scores)
        _judge_visits(similarity.visited, reference.visited, ef)
        counts.append(len(similarity.visited))
    WALK.passed(f"Your walk looked at only {np.mean(counts):.0f} of {GRAPH} rows.")


def walked(
    graph: Sequence[list[int]] | Mapping[int, list[int]],
    similarity: Callable[[int], float],
    start: int,
    ef: int,
) -> list[int]:
    """Return the rows of a best-first walk with two sorted lists."""
    scores = {start: similarity(start)}
    kept, waiting = [start], [(-scores[start], start)]
    while waiting:
        score, row = heapq.heappop(waiting)
        if len(kept) == ef and -score < scores[kept[-1]]:
            break
        for other in graph[row]:
            if other in scores:
                continue
            scores[other] = similarity(other)
            heapq.heappush(waiting, (-scores[other], other))
            kept = sorted([*kept, other], key=scores.__getitem__, reverse=True)[:ef]
    return kept


def _look_at_walk(got: list[int], expected: list[int], scores: np.ndarray) -> str:
    if sorted(got) == sorted(expected):
        return "the order of the rows you return: best first"
    if len(got) != len(expected):
        return "how many rows you keep: the ef best so far; a better one replaces the worst"
    if got and scores[got].sum() > scores[expected].sum():
        return "when to stop: once the best row that waits is worse than the worst of the ef kept"
    return "when to stop, and where to go on: from the best row that waits, not the newest"


def _judge_visits(visited: list[int], reference: list[int], ef: int) -> None:
    n, distinct = len(visited), len(set(visited))
    if n > distinct:
        look = "a set of rows seen: links go both ways, so the walk meets every row several times"
        WALK.fail("one call for each row", f"{n} calls for {distinct} rows, ef = {ef}", look)
    if n > len(reference):
        look = "when to stop: the other rows are farther away than all that you keep"
        WALK.fail(f"{len(reference)} of {GRAPH} rows looked at, ef = {ef}", f"{n}", look)


# ---- exercise 5: the filter ---------------------------------------------------------------------------


def nearest(
    vectors: np.ndarray, query: np.ndarray, k: int, allowed: np.ndarray | None = None
) -> np.ndarray:
    """Return the k nearest rows, best first; with `allowed`, bool (n,), of these rows only."""
    left = np.arange(len(vectors)) if allowed is None else np.flatnonzero(allowed)
    return left[np.argsort(-(vectors[left] @ query), kind="stable")[:k]]


@dataclass
class Walker:
    """A search without filters that returns the n nearest of all rows, but never those in `missed`.

    sizes: each n it was called with. found: every row that it has returned.
    """

    vectors: np.ndarray
    query: np.ndarray
    missed: Sequence[int] = ()
    sizes: list[int] = field(default_factory=list)
    found: set[int] = field(default_factory=set)

    def __call__(self, n: int) -> list[int]:
        self.sizes.append(int(n))
        everything = nearest(self.vectors, self.query, len(self.vectors))
        rows = [int(row) for row in everything if row not in self.missed][: int(n)]
        self.found.update(rows)
        return rows

    def __deepcopy__(self, memo: dict) -> Walker:
        return self


@check
def filtered(function: Callable[..., Sequence[int]]) -> None:
    """Check the k nearest allowed rows: compared exactly where few are left, otherwise found by a walk.

    The walk misses one of them, as an approximate one may. So an answer that has it comes from comparing all
    rows, which is right only if the walk has found too few.
    """
    limits, generator = CallLimits(FILTERED), np.random.default_rng(fresh_seed())
    for number in range(ROUNDS):
        vectors, query = unit(generator, ROWS), unit(generator, 1)[0]
        allowed, k = _allowed(number, generator, vectors, query), int(generator.integers(2, 8))
        ranked = [int(row) for row in nearest(vectors, query, len(vectors), allowed)]
        walker = Walker(vectors, query, missed=generator.permutation(ranked[:k])[:1].tolist())
        got = rows(FILTERED, limits.call(function, vectors, query, k, allowed, walker, FEW))
        found = [row for row in ranked if row in walker.found]
        expected = (found if len(found) >= k else ranked)[:k]
        where = f"as the nearest of {len(ranked)} allowed rows, k = {k}"
        FILTERED.expect(got, expected, where, _look_at_filtered, expected, allowed, ranked[:k])
        _judge_walks(walker.sizes, len(ranked), k)
    FILTERED.passed("If few rows are left, compare them all; if many are left, walk.")


def _allowed(
    number: int, generator: np.random.Generator, vectors: np.ndarray, query: np.ndarray
) -> np.ndarray:
    """Return a mask that allows FEW rows or less, half, a hundred far ones, fewer than k, all but one."""
    far_first = np.argsort(vectors @ query)
    mask = np.zeros(len(vectors), bool)
    match number % 5:
        case 0:
            few = FEW - int(generator.integers(1, 30)) * bool(number)  # at first exactly FEW
            mask[generator.choice(len(vectors), few, replace=False)] = True
        case 1:
            mask |= generator.random(len(vectors)) < 0.5
        case 2:
            mask[far_first[: 2 * FEW]] = True
        case 3:
            fewest = int(generator.integers(0, 2))
            mask[generator.choice(len(vectors), fewest, replace=False)] = True
        case _:
            mask[:] = True
            mask[far_first[-int(generator.integers(1, 3))]] = False
    return mask


def _look_at_filtered(
    got: list[int], expected: list[int], allowed: np.ndarray, exact: list[int]
) -> str:
    if any(not 0 <= row < len(allowed) for row in got):
        return "which numbers you return: rows of all vectors, not positions among those allowed"
    if not all(allowed[row] for row in got):
        return "the filter: you return rows that are not allowed"
    if got == exact:
        return "the rows that the search finds: if k of them are allowed, return these and compare no others"
    if len(got) < len(expected):
        return "a filter after the search: too few rows are left; compare all allowed rows instead"
    if sorted(got) == sorted(expected):
        return "the order: best first"
    return "the allowed rows: np.flatnonzero(allowed) gives their numbers"


def _judge_walks(sizes: list[int], left: int, k: int) -> None:
    if left <= FEW and sizes:
        FILTERED.fail(
            f"no walk: {left} rows are left, which is not more than {FEW}",
            f"walk({sizes[0]})",
            "what to decide first: how many rows does the filter leave?",
        )
    if left > FEW and not sizes:
        FILTERED.fail(
            f"a walk first: {left} rows are left, more than {FEW}",
            "all of them compared",
            "walk(n) with n > k: enough of the rows it returns may be allowed",
        )
    if sizes and max(sizes) <= k:
        FILTERED.fail(
            f"a walk for more than k = {k} rows, as the filter will remove some",
            f"walk({max(sizes)})",
            "n: if one row of two is allowed, you need twice as many, and some to spare",
        )
    if sizes and sizes[0] > ROWS // 2:
        FILTERED.fail(
            f"a walk for a part of the {ROWS:,} rows, which may find enough",
            f"walk({sizes[0]})",
            "n: divide k by the share of rows that are allowed, and take some to spare",
        )


# ---- exercise 6: reranking ----------------------------------------------------------------------------


@check
def reranked(function: Callable[..., Sequence[int]]) -> None:
    """Check the k nearest by the full vectors, of the candidates that the short vectors find."""
    limits, generator = CallLimits(RERANKED), np.random.default_rng(fresh_seed())
    for number in range(ROUNDS):
        vectors, query = unit(generator, 300, 32), unit(generator, 1, 32)[0]
        near = Walker(np.ascontiguousarray(vectors[:, :6]), query[:6])
        k, candidates = int(generator.integers(2, 8)), int(generator.integers(10, 40))
        if number % 4 == 3:
            candidates = k - 1  # a setting that is older than a larger k
        got = rows(RERANKED, limits.call(function, vectors, query, k, near, candidates))
        found = nearest(near.vectors, near.query, max(k, candidates))
        expected = [int(row) for row in found[nearest(vectors[found], query, k)]]
        where = f"as the rows for k = {k}, candidates = {candidates}"
        RERANKED.expect(got, expected, where, _look_at_reranked, expected, found, vectors @ query)
    RERANKED.passed("Short vectors find, full ones decide: most of the recall comes back.")


def _look_at_reranked(
    got: list[int], expected: list[int], found: np.ndarray, scores: np.ndarray
) -> str:
    if got == [int(row) for row in found[: len(expected)]]:
        return "the second step: compare the candidates by the full vectors before you choose k"
    if got == [int(row) for row in np.argsort(-scores)[: len(expected)]]:
        return "what you compare: only the candidates, or the short vectors have saved nothing"
    if len(got) < len(expected):
        return "how many candidates: never fewer than k"
    if sorted(got) == sorted(expected):
        return "the order: best first"
    return "near(n) gives rows; vectors[rows] @ query compares them; map the positions back to rows"

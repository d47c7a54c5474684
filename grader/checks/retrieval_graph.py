"""The checks of lab 06, beyond exact: a walk over a graph, a filter, and a second look."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from grader.checks.retrieval import rows, unit
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check
from grader.exercise.randomness import fresh_seed
from harness.labs.retrieval.graph import small_world
from harness.stages.exact_search import nearest

GRAPH = 800  # vectors to walk over
EFS = (1, 3, 10, 40)
ROUNDS = 12
FEW = 50  # rows that a filter leaves and that are compared exactly

WALK = Exercise("06", 3, "walk")
FILTERED = Exercise("06", 5, "filtered")
RERANKED = Exercise("06", 6, "reranked")


# ---- exercise 3: the walk -----------------------------------------------------------------------------


@dataclass
class Likeness:
    """The similarity of a row with the query, and a diary of who was asked for."""

    scores: np.ndarray
    asked: list[int] = field(default_factory=list)

    def __call__(self, row: int) -> float:
        self.asked.append(int(row))
        return float(self.scores[row])

    def __deepcopy__(self, memo: dict) -> Likeness:
        return self  # the check reads this very diary


@check
def walk(
    function: Callable[[list[list[int]], Callable[[int], float], int, int], Sequence[int]],
) -> None:
    """The ef best rows that a walk from `start` meets, best first, without asking for a row twice."""
    limits, generator = CallLimits(WALK), np.random.default_rng(fresh_seed())
    vectors = unit(generator, GRAPH)
    graph = small_world(vectors, near=6, far=1, seed=int(generator.integers(2**31)))
    looked = []
    for number in range(ROUNDS):
        ef, start = EFS[number % len(EFS)], int(generator.integers(GRAPH))
        scores = vectors @ unit(generator, 1)[0]
        likeness, ours = Likeness(scores), Likeness(scores)
        got = rows(WALK, limits.call(function, graph, likeness, start, ef))
        expected = _walked(graph, ours, start, ef)
        _judge_rows(got, expected, scores, ef)
        _judge_diary(likeness.asked, ours.asked, ef)
        looked.append(len(likeness.asked))
    WALK.passed(f"{np.mean(looked):.0f} of {GRAPH} rows looked at. The rest never noticed.")


def _walked(graph: list[list[int]], likeness: Likeness, start: int, ef: int) -> list[int]:
    """Best first, with two sorted lists."""
    scores = {start: likeness(start)}
    kept, waiting = [start], [(-scores[start], start)]
    while waiting:
        score, row = heapq.heappop(waiting)
        if len(kept) == ef and -score < scores[kept[-1]]:
            break
        for other in graph[row]:
            if other in scores:
                continue
            scores[other] = likeness(other)
            heapq.heappush(waiting, (-scores[other], other))
            kept = sorted([*kept, other], key=scores.__getitem__, reverse=True)[:ef]
    return kept


def _judge_rows(got: list[int], expected: list[int], scores: np.ndarray, ef: int) -> None:
    if got == expected:
        return
    WALK.fail(
        f"rows {expected[:6]} for ef = {ef}" + (" and so on" if len(expected) > 6 else ""),
        f"{got!s:.80}",
        _look_at_walk(got, expected, scores),
    )


def _look_at_walk(got: list[int], expected: list[int], scores: np.ndarray) -> str:
    if sorted(got) == sorted(expected):
        return "the order of what is returned: best first"
    if len(got) != len(expected):
        return "how many are kept: the ef best so far, the worst goes when a better one comes"
    if got and scores[got].sum() > scores[expected].sum():
        return "when to stop: the best row that waits is worse than the worst of ef kept"
    return "when to stop, and where to go on: always from the best row that waits, not the newest"


def _judge_diary(asked: list[int], ours: list[int], ef: int) -> None:
    if len(asked) > len(set(asked)):
        WALK.fail(
            "one question for each row",
            f"{len(asked)} questions about {len(set(asked))} rows, ef = {ef}",
            "a set of rows seen: links go both ways, so every row is met again and again",
        )
    if len(asked) > len(ours):
        WALK.fail(
            f"{len(ours)} of {GRAPH} rows looked at, ef = {ef}",
            f"{len(asked)}",
            "when to stop: the rest is farther away than all that is kept",
        )


# ---- exercise 5: the filter ---------------------------------------------------------------------------


@dataclass
class Walker:
    """A search that knows nothing of filters: the n nearest of all rows; remembers each n."""

    vectors: np.ndarray
    query: np.ndarray
    asked: list[int] = field(default_factory=list)

    def __call__(self, n: int) -> list[int]:
        self.asked.append(int(n))
        return [int(row) for row in nearest(self.vectors, self.query, int(n))]

    def __deepcopy__(self, memo: dict) -> Walker:
        return self


@check
def filtered(function: Callable[..., Sequence[int]]) -> None:
    """The k nearest allowed rows: exact where few are left, otherwise by walk, and k in any case."""
    limits, generator = CallLimits(FILTERED), np.random.default_rng(fresh_seed())
    for number in range(ROUNDS):
        vectors, query = unit(generator, 1000), unit(generator, 1)[0]
        allowed = _allowed(number, generator, vectors, query)
        walker, k = Walker(vectors, query), int(generator.integers(2, 8))
        got = rows(FILTERED, limits.call(function, vectors, query, k, allowed, walker, FEW))
        _judge_filtered(got, nearest(vectors, query, k, allowed), allowed, k)
        _judge_walks(walker.asked, int(allowed.sum()), k)
    FILTERED.passed("Few left: compare them all. Many left: walk. Never fewer than there are.")


def _allowed(
    number: int, generator: np.random.Generator, vectors: np.ndarray, query: np.ndarray
) -> np.ndarray:
    """In turn: a few rows, half of them, a hundred far from the query, and fewer than k."""
    far_first = np.argsort(vectors @ query)
    mask = np.zeros(len(vectors), bool)
    match number % 4:
        case 0:
            mask[
                generator.choice(len(vectors), FEW - int(generator.integers(1, 30)), replace=False)
            ] = True
        case 1:
            mask |= generator.random(len(vectors)) < 0.5
        case 2:
            mask[far_first[: 2 * FEW]] = True
        case _:
            mask[generator.choice(len(vectors), int(generator.integers(0, 2)), replace=False)] = (
                True
            )
    return mask


def _judge_filtered(got: list[int], best: np.ndarray, allowed: np.ndarray, k: int) -> None:
    expected, left = [int(row) for row in best], int(allowed.sum())
    if got == expected:
        return
    FILTERED.fail(
        f"rows {expected}, the nearest of {left} allowed, k = {k}",
        f"{got!s:.80}",
        _look_at_filtered(got, expected, allowed),
    )


def _look_at_filtered(got: list[int], expected: list[int], allowed: np.ndarray) -> str:
    if any(not 0 <= row < len(allowed) for row in got):
        return "which numbers these are: rows of all vectors, not places among those allowed"
    if not all(allowed[row] for row in got):
        return "the filter: rows that are not allowed are among them"
    if len(got) < len(expected):
        return "a filter behind the search: too few are left. Compare all allowed rows instead"
    if sorted(got) == sorted(expected):
        return "the order: best first"
    return "rows of the allowed ones: np.flatnonzero(allowed) gives them, in the order of the mask"


def _judge_walks(asked: list[int], left: int, k: int) -> None:
    if left <= FEW and asked:
        FILTERED.fail(
            f"no walk: {left} rows are left, and {FEW} are few",
            f"a walk for {asked[0]}",
            "the first question: how many rows does the filter leave?",
        )
    if left > FEW and not asked:
        FILTERED.fail(
            f"a walk first: {left} rows are left, more than {FEW}",
            "all of them compared",
            "walk(n) with n > k; what is allowed of it may already be enough",
        )
    if asked and max(asked) <= k:
        FILTERED.fail(
            f"a walk for more than k = {k} rows, as the filter will take some away",
            f"walk({max(asked)})",
            "n: where one row of two is allowed, twice as many are needed, and some to spare",
        )


# ---- exercise 6: the second look ----------------------------------------------------------------------


@check
def reranked(function: Callable[..., Sequence[int]]) -> None:
    """Of the candidates that the short vectors find, the k nearest by the long ones."""
    limits, generator = CallLimits(RERANKED), np.random.default_rng(fresh_seed())
    for number in range(ROUNDS):
        vectors, query = unit(generator, 300, 32), unit(generator, 1, 32)[0]
        near = Walker(np.ascontiguousarray(vectors[:, :6]), query[:6])
        k, candidates = int(generator.integers(2, 8)), int(generator.integers(10, 40))
        if number % 4 == 3:
            candidates = k - 1  # somebody's setting, older than somebody else's k
        got = rows(RERANKED, limits.call(function, vectors, query, k, near, candidates))
        found = nearest(near.vectors, near.query, max(k, candidates))
        expected = [int(row) for row in found[nearest(vectors[found], query, k)]]
        if got != expected:
            RERANKED.fail(
                f"rows {expected}, k = {k}, candidates = {candidates}",
                f"{got!s:.80}",
                _look_at_reranked(got, expected, found, vectors @ query),
            )
    RERANKED.passed("Short vectors to find, long ones to decide: most of the recall comes back.")


def _look_at_reranked(
    got: list[int], expected: list[int], found: np.ndarray, scores: np.ndarray
) -> str:
    if got == [int(row) for row in found[: len(expected)]]:
        return "the second look: compare the candidates by the full vectors before you choose k"
    if got == [int(row) for row in np.argsort(-scores)[: len(expected)]]:
        return "what is compared: the candidates alone, or the short vectors have saved nothing"
    if len(got) < len(expected):
        return "how many candidates: never fewer than k"
    if sorted(got) == sorted(expected):
        return "the order: best first"
    return "near(n) gives rows; vectors[rows] @ query compares these; map the places back to rows"

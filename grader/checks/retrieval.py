"""The checks of lab 06: exact search, the recall of an approximate one, and the setting to choose."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from itertools import pairwise
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, hint, kind
from grader.exercise.randomness import fresh_rng, fresh_seed

ROUNDS = 20  # fresh inputs per check
D = 16  # dimensions: enough for distinct similarities, few enough to be quick
# A loop is told by its CPU time beside that of a loop of the referee's: a count in a learner's process proves
# nothing, and a busy machine changes the other times. One product and a sort of all rows take a fifth of that
# loop, other loops more than all of it. Of a few turns each side's fastest counts. Each turn has vectors and
# queries of its own, its answers are judged, and the learner's processes stand still while the referee's loop
# runs. The referee's loop takes 50 to 150 ms: without a control group CPU time is in ticks of 10 ms.
MANY_ROWS, QUERIES, NEAREST, TURNS = 2_000, 100, 5, 3
ROUNDING = 1e-6  # between similarities: two ways to compute one in float32 differ by a tenth of it
LOOPS_S = 20.0  # for all turns: a slow loop takes one second, and ten beside busy programs
MOST_OF_A_LOOP = 0.75
RECALLS = Unit("{:.3f}", 1e-4)

# Rows and k that are always asked about: argpartition sorts up to 256 rows by the way, and not 900 of 5,000.
EDGES = ((5000, 900), (9, 9), (3, 8), (1, 1))

EXACT = Exercise("06", 1, "exact")
RECALL = Exercise("06", 2, "recall_at")
CHEAPEST = Exercise("06", 4, "cheapest")


# ---- exercise 1: all of them at once ------------------------------------------------------------------


@check
def exact(function: Callable[[np.ndarray, np.ndarray, int], Sequence[int]]) -> None:
    """Check the rows of the k highest inner products, best first, found without a Python loop."""
    limits, generator = CallLimits(EXACT), np.random.default_rng(fresh_seed())
    drawn = generator.integers([6, 1], [400, 9], (ROUNDS, 2)).tolist()
    for n, k in EDGES:
        vectors, query = _far_apart(generator, n)
        _judge_rows(limits.call(function, vectors, query, k), vectors, query, k)
    for n, k in drawn:
        vectors, query = unit(generator, n), unit(generator, 1)[0]
        _judge_rows(limits.call(function, vectors, query, k), vectors, query, k)
    _judge_loops(CallLimits(EXACT, left_s=LOOPS_S), function, generator)
    EXACT.passed("One call computes all similarities, so it never misses a neighbour.")


def unit(generator: np.random.Generator, n: int, d: int = D) -> np.ndarray:
    """Return n random vectors of length 1, (n, d), float32."""
    vectors = generator.standard_normal((n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _far_apart(generator: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return n unit vectors and a query whose similarities differ by 2 / n, so that rounding orders none."""
    scores = generator.permutation(np.linspace(1, -1, n)).astype(np.float32)
    vectors, query = np.zeros((n, D), np.float32), np.eye(1, D, dtype=np.float32)[0]
    vectors[:, 0], vectors[:, 1] = scores, np.sqrt(1 - scores**2)
    return vectors, query


def rows(exercise: Exercise, got: object) -> list[int]:
    """Return `got` as a list of row numbers. Raises CheckFailed for anything else."""
    if isinstance(got, np.ndarray) and got.ndim == 1 and np.issubdtype(got.dtype, np.integer):
        return [int(row) for row in got]
    listed = isinstance(got, list | tuple)
    if not listed or not all(isinstance(row, int | np.integer) for row in got):
        exercise.fail("row numbers, a list or an array", kind(got), "the line with `return`")
    return [int(row) for row in got]


def _judge_rows(got: object, vectors: np.ndarray, query: np.ndarray, k: int) -> None:
    """Raise CheckFailed unless `got` holds the rows of the k nearest of `vectors`, best first."""
    scores = vectors @ query
    expected = [int(row) for row in np.argsort(-scores)[:k]]
    where = f"as the rows of {len(vectors):,} vectors, k = {k}"
    EXACT.expect(rows(EXACT, got), expected, where, _look_at_exact, expected, scores)


def _look_at_exact(got: list[int], expected: list[int], scores: np.ndarray) -> str:
    if got == [int(row) for row in np.argsort(scores)[: len(expected)]]:
        return "the sign: a higher inner product is nearer, and argsort begins with the lowest"
    if sorted(got) == sorted(expected):
        return "the order: best first; argpartition leaves its k in no order"
    if len(got) < len(expected):
        return "how many rows you return: k, or all of them if there are fewer than k"
    if len(got) > len(expected):
        return "how many rows you return: k, and not one more"
    return "vectors @ query gives all similarities; return the rows of the k highest"


def _judge_loops(limits: CallLimits, function: Callable, generator: np.random.Generator) -> None:
    """Raise CheckFailed if `function` computes as long as a loop over the rows, or answers wrongly."""
    own_s, loop_s = [], []
    cpu_s = getattr(function, "cpu_s", time.process_time)  # of its processes
    for _ in range(TURNS):
        vectors, queries = _inputs(generator)
        start_s = cpu_s()
        got = limits.each(function, queries, vectors, NEAREST, place=1)
        own_s.append(cpu_s() - start_s)
        with getattr(function, "paused", nullcontext)():  # it may run in other processes
            start_s = time.thread_time()
            for query in queries:
                list(map(query.dot, vectors))
            loop_s.append(time.thread_time() - start_s)
        # a list, not a stream, which would be computed only now
        answers = EXACT.returned(got, list, "a list of rows for each query", n=len(queries))
        for query, answer in zip(queries, answers, strict=True):
            _judge_rows(answer, vectors, query, NEAREST)
    share = min(own_s) / min(loop_s)
    if share > MOST_OF_A_LOOP:
        EXACT.fail(
            f"{MANY_ROWS:,} vectors compared in one call: at most {MOST_OF_A_LOOP:.0%} of a loop's CPU time",
            f"{share:.0%} (fastest of {TURNS} turns, {QUERIES} queries each)",
            "a Python loop over the rows: `vectors @ query` compares all of them at once",
        )


def _inputs(generator: np.random.Generator) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return vectors, and queries whose nearest rows are too far apart for ROUNDING to change their order."""
    vectors, queries = unit(generator, MANY_ROWS), unit(generator, 2 * QUERIES)
    best = np.sort(queries @ vectors.T, axis=1)[:, -NEAREST - 1 :]
    clear = np.diff(best, axis=1).min(axis=1) > ROUNDING
    return vectors, list(queries[clear][:QUERIES])


# ---- exercise 2: recall -------------------------------------------------------------------------------


@check
def recall_at(function: Callable[[list, list], float]) -> None:
    """Check the true neighbours found, over all queries, divided by all true neighbours."""
    limits, rng = CallLimits(RECALL), fresh_rng()
    for _ in range(ROUNDS):
        found, truth = _answers(rng)
        got = RECALL.finite(limits.call(function, found, truth), "recall@k")
        expected = _recall(found, truth)
        where = f"for found {found!s:.60}, truth {truth!s:.60}"
        RECALL.expect(got, expected, where, _look_at_recall, found, truth, unit=RECALLS)
    RECALL.passed("A fast search without its recall is a rumour.")


def _answers(rng: Random) -> tuple[list[list[int]], list[list[int]]]:
    """Return found and true rows of some queries, such that every mistake gives a different recall."""
    while True:
        found, truth = _drawn(rng)
        values = sorted([_recall(found, truth), *_mistakes(found, truth).values()])
        if all(later - sooner > 3 * RECALLS.within for sooner, later in pairwise(values)):
            return found, truth


def _drawn(rng: Random) -> tuple[list[list[int]], list[list[int]]]:
    """Return shuffled found rows, some of them missing or too few, and the true rows."""
    k, truth, found = rng.randint(2, 6), [], []
    for _ in range(rng.randint(2, 5)):
        true = rng.sample(range(100), k)
        kept = rng.sample(true, rng.randint(0, k))
        others = rng.sample(range(100, 200), k - len(kept))
        got = kept + others[: rng.randint(0, len(others))]
        rng.shuffle(got)
        truth.append(true)
        found.append(got)
    found[0] = [*found[0], *found[0][:1]]  # the same row twice counts once
    return found, truth


def _recall(found: list[list[int]], truth: list[list[int]]) -> float:
    hits = sum(len(set(got) & set(true)) for got, true in zip(found, truth, strict=True))
    return hits / sum(map(len, truth))


def _mistakes(found: list[list[int]], truth: list[list[int]]) -> dict[str, float]:
    """Return what to look at -> the recall that this mistake gives."""
    pairs = list(zip(found, truth, strict=True))
    n_true = sum(map(len, truth))
    return {
        "the order: a neighbour that was found counts wherever it stands": (
            sum(a == b for f, t in pairs for a, b in zip(f, t, strict=False)) / n_true
        ),
        "the divisor: the number of true neighbours, not of those returned": (
            sum(len(set(f) & set(t)) for f, t in pairs) / max(1, sum(map(len, found)))
        ),
        "all or nothing: a query with four of five found counts 0.8, not 0": (
            sum(set(f) >= set(t) for f, t in pairs) / len(pairs)
        ),
        "one or none: a query with one of five found counts 0.2, not 1": (
            sum(bool(set(f) & set(t)) for f, t in pairs) / len(pairs)
        ),
        "a row returned twice: it is found once": (
            sum(x in t for f, t in pairs for x in f) / n_true
        ),
    }


def _look_at_recall(got: float, found: list[list[int]], truth: list[list[int]]) -> str:
    default = "true rows that were found, all queries together, divided by all true rows"
    return hint(got, _mistakes(found, truth), default, RECALLS)


# ---- exercise 4: the setting --------------------------------------------------------------------------


@check
def cheapest(function: Callable[[list[tuple[int, float, float]], float], int | None]) -> None:
    """Check the fastest setting among those with enough recall, or None if there is none."""
    limits, rng = CallLimits(CHEAPEST), fresh_rng()
    for number in range(ROUNDS):
        points = _points(rng)
        # a recall equal to the floor is enough
        floor = 0.999 if number % 4 == 0 else rng.choice(points)[1]
        got = limits.call(function, points, floor)
        enough = [point for point in points if point[1] >= floor]
        least = min((ms for _, _, ms in enough), default=None)
        right = [ef for ef, _, ms in enough if ms == least] or [None]  # two may be equally fast
        if got not in right or isinstance(got, bool):
            CHEAPEST.fail(
                f"{right[0]} for recall of at least {floor:g}",
                kind(got),
                _look_at_cheapest(got, points, enough, floor),
            )
    CHEAPEST.passed("Recall is the requirement, time is the price: that decides ef.")


def _points(rng: Random) -> list[tuple[int, float, float]]:
    """Return (ef, recall, ms): both grow with ef, but a measured time may be below that of a smaller ef."""
    recall, ms, points = rng.uniform(0.4, 0.7), rng.uniform(0.01, 0.05), []
    for ef in (8, 16, 32, 64, 128, 256):
        points.append((ef, round(recall, 3), round(ms * rng.uniform(0.6, 1.4), 4)))
        recall += (0.995 - recall) * rng.uniform(0.2, 0.6)
        ms *= 1.5
    rng.shuffle(points)
    return points


def _look_at_cheapest(got: object, points: list, enough: list, floor: float) -> str:
    if not enough:
        return f"no point has a recall of {floor:g}: return None, so that nobody ships a worse one"
    if got is None:
        return "the comparison: a recall equal to the floor is enough"
    if got == min(points, key=lambda point: point[2])[0]:
        return "the recall of that ef: the fastest of all misses too many neighbours"
    if got == max(points, key=lambda point: point[1])[0]:
        return "the time of that ef: more recall than required costs more time"
    if got == min(enough)[0]:
        return "the time of that ef: the smallest ef with enough recall need not be the fastest one measured"
    return "keep the points with recall >= floor, take the one with the least ms, return its ef"

"""The checks of lab 06: an exact search, what an approximate one misses, and the setting to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.counting_array import CountingArray
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_rng, fresh_seed

ROUNDS = 20  # fresh inputs per check
D = 16  # dimensions: enough for distinct similarities, few enough to be quick
MANY_ROWS = 2_000
FEW_READS = 100  # single items: k rows and some, never all of them
TOLERANCE = 1e-4  # of a recall or a time

EXACT = Exercise("06", 1, "exact")
RECALL = Exercise("06", 2, "recall_at")
CHEAPEST = Exercise("06", 4, "cheapest")


# ---- exercise 1: all of them at once ------------------------------------------------------------------


@check
def exact(function: Callable[[np.ndarray, np.ndarray, int], Sequence[int]]) -> None:
    """The rows of the k highest inner products, best first, without a Python loop over them."""
    limits, generator = CallLimits(EXACT), np.random.default_rng(fresh_seed())
    for _ in range(ROUNDS):
        vectors, k = unit(generator, int(generator.integers(6, 400))), int(generator.integers(1, 9))
        query = unit(generator, 1)[0]
        got = rows(EXACT, limits.call(function, vectors, query, k))
        scores = vectors @ query
        expected = [int(row) for row in np.argsort(-scores)[:k]]
        if got != expected:
            EXACT.fail(
                f"rows {expected} of {len(vectors)} vectors, k = {k}",
                f"{got!s:.80}",
                _look_at_exact(got, expected, scores),
            )
    _judge_loops(limits, function, generator)
    EXACT.passed("All similarities in one call, and it never misses.")


def unit(generator: np.random.Generator, n: int, d: int = D) -> np.ndarray:
    """n random vectors of length 1, (n, d), float32."""
    vectors = generator.standard_normal((n, d)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def rows(exercise: Exercise, got: object) -> list[int]:
    """What was returned, as a list of row numbers. Raises CheckFailed for anything else."""
    if isinstance(got, np.ndarray) and got.ndim == 1 and np.issubdtype(got.dtype, np.integer):
        return [int(row) for row in got]
    listed = isinstance(got, list | tuple)
    if not listed or not all(isinstance(one, int | np.integer) for one in got):
        exercise.fail("row numbers, a list or an array", kind(got), "the line with `return`")
    return [int(row) for row in got]


def _look_at_exact(got: list[int], expected: list[int], scores: np.ndarray) -> str:
    if got == [int(row) for row in np.argsort(scores)[: len(expected)]]:
        return "the sign: a higher inner product is nearer, and argsort begins with the lowest"
    if sorted(got) == sorted(expected):
        return "the order: best first; argpartition leaves its k in no order"
    if len(got) < len(expected):
        return "how many are returned: k, or all of them where there are fewer than k"
    if len(got) > len(expected):
        return "how many are returned: k, and not one more"
    return "vectors @ query gives all similarities; the rows of the k highest are wanted"


def _judge_loops(limits: CallLimits, function: Callable, generator: np.random.Generator) -> None:
    """A loop is recognised by what it takes out: on a busy machine a clock would accuse anybody."""
    vectors, query = CountingArray.of(unit(generator, MANY_ROWS)), unit(generator, 1)[0]
    limits.call(function, vectors, query, 5)
    if vectors.reads > FEW_READS:
        EXACT.fail(
            f"{MANY_ROWS:,} vectors compared in one call",
            f"{vectors.reads:,} times a single row or number taken out",
            "a Python loop over the rows: `vectors @ query` is all of them at once",
        )


# ---- exercise 2: what is missed -----------------------------------------------------------------------


@check
def recall_at(function: Callable[[list, list], float]) -> None:
    """True neighbours found, over all queries, divided by all true neighbours."""
    limits, rng = CallLimits(RECALL), fresh_rng()
    for _ in range(ROUNDS):
        found, truth = _answers(rng)
        got = RECALL.finite(limits.call(function, found, truth), "recall@k")
        expected = _recall(found, truth)
        if abs(got - expected) > TOLERANCE:
            RECALL.fail(
                f"{expected:.3f} for found {found!s:.60}, truth {truth!s:.60}",
                f"{got:.3f}",
                _look_at_recall(got, found, truth),
            )
    RECALL.passed("A fast search without its recall is a rumour.")


def _answers(rng: Random) -> tuple[list[list[int]], list[list[int]]]:
    """Found and true rows of some queries, such that every mistake gives a value of its own."""
    while True:
        found, truth = _drawn(rng)
        values = sorted([_recall(found, truth), *_mistakes(found, truth).values()])
        if all(later - sooner > 3 * TOLERANCE for sooner, later in pairwise(values)):
            return found, truth


def _drawn(rng: Random) -> tuple[list[list[int]], list[list[int]]]:
    """Shuffled, some missing, some answers short."""
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
    """Where to look -> what comes out of this mistake."""
    pairs = list(zip(found, truth, strict=True))
    asked = sum(map(len, truth))
    return {
        "the order: a neighbour that was found counts wherever it stands": (
            sum(a == b for f, t in pairs for a, b in zip(f, t, strict=False)) / asked
        ),
        "the divisor: how many there are to be found, not how many were returned": (
            sum(len(set(f) & set(t)) for f, t in pairs) / max(1, sum(map(len, found)))
        ),
        "all or nothing: four of five found is 0.8, not 0": (
            sum(set(f) >= set(t) for f, t in pairs) / len(pairs)
        ),
        "one or none: a query of which one of five was found has 0.2, not 1": (
            sum(bool(set(f) & set(t)) for f, t in pairs) / len(pairs)
        ),
        "a row returned twice: it is found once": (
            sum(x in t for f, t in pairs for x in f) / asked
        ),
    }


def _look_at_recall(got: float, found: list[list[int]], truth: list[list[int]]) -> str:
    mistakes = _mistakes(found, truth)
    near = min(mistakes, key=lambda look: abs(mistakes[look] - got))
    if abs(mistakes[near] - got) <= TOLERANCE:
        return near
    return "true rows that were found, all queries together, divided by all true rows"


# ---- exercise 4: the setting --------------------------------------------------------------------------


@check
def cheapest(function: Callable[[list[tuple[int, float, float]], float], int | None]) -> None:
    """The fastest setting among those that find enough; None when none does."""
    limits, rng = CallLimits(CHEAPEST), fresh_rng()
    for number in range(ROUNDS):
        points = _points(rng)
        floor = 0.999 if number % 4 == 0 else rng.choice(points)[1]  # met exactly is met
        got = limits.call(function, points, floor)
        enough = [point for point in points if point[1] >= floor]
        least = min((ms for _, _, ms in enough), default=None)
        right = [ef for ef, _, ms in enough if ms == least] or [None]  # two may be as fast
        if got not in right or isinstance(got, bool):
            CHEAPEST.fail(
                f"{right[0]} for recall of at least {floor:g}",
                kind(got),
                _look_at_cheapest(got, points, enough, floor),
            )
    CHEAPEST.passed("Recall is a requirement, time is the price. Now the knob has an answer.")


def _points(rng: Random) -> list[tuple[int, float, float]]:
    """(ef, recall, ms): both grow with ef, but a measured time may lie below its neighbour's."""
    recall, ms, points = rng.uniform(0.4, 0.7), rng.uniform(0.01, 0.05), []
    for ef in (8, 16, 32, 64, 128, 256):
        points.append((ef, round(recall, 3), round(ms * rng.uniform(0.6, 1.4), 4)))
        recall += (0.995 - recall) * rng.uniform(0.2, 0.6)
        ms *= 1.5
    rng.shuffle(points)
    return points


def _look_at_cheapest(got: object, points: list, enough: list, floor: float) -> str:
    if not enough:
        return f"no point has a recall of {floor:g}: say so with None, and nobody ships it"
    if got is None:
        return "whether the floor itself counts: a recall equal to it is enough"
    if got == min(points, key=lambda point: point[2])[0]:
        return "the recall of that one: the fastest of all misses too much"
    if got == max(points, key=lambda point: point[1])[0]:
        return "the time of that one: more recall than asked for has its price"
    if got == min(enough)[0]:
        return "its time: the smallest ef that is good enough need not be the fastest one measured"
    return "keep the points with recall >= floor; of these the one with the least ms; return its ef"

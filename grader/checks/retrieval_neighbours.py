"""The checks of lab 06 on the neighbours that a graph links, and on vectors of one bit a dimension."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from grader.checks.retrieval import rows, unit
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 40  # fresh inputs per check; of 20, one wrong answer in 200 notices nothing
Asked = tuple[tuple, object]  # a case and the learner's answer

SELECT = Exercise("06", 7, "select")
NEAREST_BITS = Exercise("06", 9, "nearest_bits")


# ---- exercise 7: the neighbours to link -----------------------------------------------------------------


@check
def select(function: Callable[[np.ndarray, int, list[int], int], Sequence[int]]) -> None:
    """Check that each row chosen is nearer to `row` than to any row chosen before it, nearest first."""
    limits, rng = CallLimits(SELECT), np.random.default_rng(fresh_seed())
    cases = [_candidates(rng, turn) for turn in range(ROUNDS)]
    answers = [
        (case, rows(SELECT, answer))
        for case, answer in asked(lambda case: limits.call(function, *case), cases)
    ]
    for case, got in answers:
        where = f"for {len(case[2])} candidates, m = {case[3]}"
        look = _look_at_selected(got, case, answers)
        SELECT.expect(got, selected(*case), where, look)
    SELECT.passed("Links lead in all directions instead of into one crowd.")


def _candidates(rng: np.random.Generator, turn: int) -> tuple[np.ndarray, int, list[int], int]:
    """Return vectors in crowds, a row, candidates in any order and m; sometimes fewer candidates than m."""
    crowds = unit(rng, 5)[:, :6]
    vectors = crowds[rng.integers(0, 5, 30)] + 0.15 * rng.normal(size=(30, 6))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    row, *others = rng.permutation(30).tolist()
    n = (12, 3, 20, 1)[turn % 4]
    return vectors, row, others[:n], (2, 5, 3, 4)[turn % 4]


def selected(vectors: np.ndarray, row: int, candidates: Sequence[int], m: int) -> list[int]:
    """Return the neighbours that HNSW's heuristic chooses, nearest first."""
    to_row = vectors @ vectors[row]
    kept: list[int] = []
    for other in sorted(candidates, key=lambda one: -to_row[one]):
        if len(kept) < m and all(vectors[other] @ vectors[one] <= to_row[other] for one in kept):
            kept.append(other)
    return kept


def _look_at_selected(got: list[int], case: tuple, answers: Sequence[Asked]) -> str:
    if look := explanation(SLIPS, answers):
        return look
    if sorted(got) == sorted(selected(*case)):
        return "the order of the rows you return: nearest first"
    return "one case by hand: nearest candidate first; keep it unless a kept row is nearer to it"


def _ranked(vectors: np.ndarray, row: int, candidates: Sequence[int]) -> list[int]:
    return sorted(candidates, key=lambda one: -(vectors[one] @ vectors[row]))


def _in_order(vectors: np.ndarray, row: int, candidates: Sequence[int], m: int) -> list[int]:
    kept: list[int] = []
    for other in candidates:
        nearness = vectors[other] @ vectors[row]
        if len(kept) < m and all(vectors[other] @ vectors[one] <= nearness for one in kept):
            kept.append(other)
    return kept


def _last_only(vectors: np.ndarray, row: int, candidates: Sequence[int], m: int) -> list[int]:
    kept, *others = _ranked(vectors, row, candidates)
    kept = [kept]
    for other in others:
        if len(kept) < m and vectors[other] @ vectors[kept[-1]] <= vectors[other] @ vectors[row]:
            kept.append(other)
    return kept


SLIPS: Mapping[str, Callable[..., list[int]]] = {
    "the crowd: drop a candidate that is nearer to a row chosen before than to `row`": (
        lambda vectors, row, candidates, m: _ranked(vectors, row, candidates)[:m]
    ),
    "the number: at most m rows": (
        lambda vectors, row, candidates, m: selected(vectors, row, candidates, len(candidates))
    ),
    "the order: look at the nearest candidate first; they come in any order": _in_order,
    "the sign: a higher inner product is nearer": (
        lambda vectors, row, candidates, m: _in_order(
            vectors, row, _ranked(vectors, row, candidates)[::-1], m
        )
    ),
    "which are tried: all candidates, until m are chosen, not only the m nearest": (
        lambda vectors, row, candidates, m: selected(
            vectors, row, _ranked(vectors, row, candidates)[:m], m
        )
    ),
    "the last row chosen: compare with all that are chosen": _last_only,
}


# ---- exercise 9: binary vectors --------------------------------------------------------------------------


@check
def nearest_bits(function: Callable[[np.ndarray, np.ndarray, int], Sequence[int]]) -> None:
    """Check the rows whose codes differ in the fewest bits; of equal ones, any may come first."""
    limits, rng = CallLimits(NEAREST_BITS), np.random.default_rng(fresh_seed())
    cases = [_codes(rng, turn) for turn in range(ROUNDS)]
    answers = [
        (case, rows(NEAREST_BITS, answer))
        for case, answer in asked(lambda case: limits.call(function, *case), cases)
    ]
    for case, got in answers:
        codes, _, n = case
        known = [row for row in got if 0 <= row < len(codes)]
        bits, wanted = _apart(case, known), sorted(_apart(case, range(len(codes))))[:n]
        if bits != wanted or len(set(got)) != len(got) or known != got:
            NEAREST_BITS.fail(
                f"rows that differ in {wanted} bits, for n = {n} of {len(codes)}",
                f"rows {got}, which differ in {bits}",
                _look_at_bits(got, bits, wanted, answers),
            )
    NEAREST_BITS.passed("One bit a dimension: a 32nd of the memory.")


def _codes(rng: np.random.Generator, turn: int) -> tuple[np.ndarray, np.ndarray, int]:
    codes = rng.integers(0, 256, (int(rng.integers(20, 60)), 6), dtype=np.uint8)
    return codes, rng.integers(0, 256, 6, dtype=np.uint8), (1, 5, 10, 100)[turn % 4]


Metric = Callable[[np.ndarray, np.ndarray], np.ndarray]  # (codes, code) -> distance of each row


def _bits(codes: np.ndarray, code: np.ndarray) -> np.ndarray:
    return np.unpackbits(codes ^ code, axis=1).sum(axis=1)


def _apart(case: tuple, which: Sequence[int], metric: Metric = _bits) -> list[int]:
    """Return the distance of some rows from the code."""
    distances = metric(*case[:2])
    return [int(distances[row]) for row in which]


def _look_at_bits(
    got: list[int], bits: list[int], wanted: list[int], answers: Sequence[Asked]
) -> str:
    if sorted(bits) == wanted and len(set(got)) == len(got):
        return "the order: the fewest different bits first"
    if len(got) != len(wanted):
        return "how many rows you return: n, or all if there are fewer"
    if _nearest_by(lambda codes, code: (codes != code).sum(axis=1), answers):
        return "what you count: different bits, not different bytes"
    if _nearest_by(lambda codes, code: np.abs(codes.astype(int) - code).sum(axis=1), answers):
        return "what you count: different bits; 127 and 128 differ in all eight"
    return "the different bits: `codes ^ code` has a 1 for each of them; `np.unpackbits` shows them"


def _nearest_by(metric: Metric, answers: Sequence[Asked]) -> bool:
    """Return True if every answer holds the nearest rows by another distance."""
    return all(
        _apart(case, got, metric) == sorted(_apart(case, range(len(case[0])), metric))[: case[2]]
        for case, got in answers
        if max(got, default=0) < len(case[0])
    )

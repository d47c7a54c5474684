"""The check of lab 07 on the lookup in a semantic cache: the nearest entry with the same meaning."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 100  # with 60, one answer in 200 that returns the first hit passes
# Vectors of sixteen numbers, each 1/4 or -1/4, have length 1, and cosines that are multiples of 1/8. Both are
# exact in any order of computing, so that a cosine can be equal to the threshold.
D, STEP = 16, 1 / 8
# Of a threshold from the nearest entry: below, equal to or above its cosine.
STEPS = (-6, -6, -4, -4, -1, 0, 0, 1, 1)
MOST = 9  # one more than there may be entries, as a cosine occurs once
# Two of them share a part, which is not enough.
PARTS = ("kestrel x200", "kestrel x300", "a refund")
MEANINGS = ((PARTS[0],), (PARTS[1], PARTS[2]), (PARTS[0], PARTS[2]), None)
ALIKE = 0.4  # of the entries have the question's meaning, and some of the others by chance

LOOKUP = Exercise("07", 5, "lookup")

Meaning = Hashable | None
Entry = tuple[Meaning, np.ndarray, str]  # meaning, vector, answer
Case = tuple[Meaning, np.ndarray, list[Entry], float]
Hit = tuple[float, str]  # cosine, answer


@check
def lookup(
    function: Callable[[Meaning, np.ndarray, list[Entry], float], str | None],
) -> None:
    """Check the answer of the nearest entry with the same meaning, at or above the threshold, or None."""
    limits, rng = CallLimits(LOOKUP), np.random.default_rng(fresh_seed())
    cases = [_case(rng, turn) for turn in range(ROUNDS)]
    answers = asked(lambda case: limits.call(function, *case), cases)
    for case, got in answers:
        LOOKUP.expect(got, _found(*case), _where(*case), _look_at, answers)
    LOOKUP.passed(
        "The guard decides which entries count, the threshold whether the nearest will do."
    )


def _case(rng: np.random.Generator, turn: int) -> Case:
    """Return a question and entries whose cosines with it differ; some have no meaning, some no entries."""
    vector, meant = rng.choice([-0.25, 0.25], D), turn % len(MEANINGS)
    n = 0 if turn == 0 else int(rng.integers(5, MOST))
    entries = [
        (
            _meaning(meant if rng.random() < ALIKE else int(rng.integers(len(MEANINGS)))),
            _turned(rng, vector, different),
            f"answer {number}",
        )
        for number, different in enumerate(rng.permutation(D)[:n].tolist(), start=1)
    ]
    cosines = [float(vector @ other) for kept, other, _ in entries if kept == _meaning(meant)]
    step = STEP * int(rng.choice(STEPS))
    return _meaning(meant), vector, entries, max(cosines, default=0.5) + step


def _meaning(number: int) -> Meaning:
    """Return a meaning as a new object each time, as the lab makes one for each question."""
    parts = MEANINGS[number]
    return None if parts is None else frozenset(parts)


def _turned(rng: np.random.Generator, vector: np.ndarray, different: int) -> np.ndarray:
    """Return `vector` with so many other signs: the cosine of both is 1 - different / 8."""
    signs = np.ones(D)
    signs[rng.permutation(D)[:different]] = -1
    return vector * signs


@dataclass(frozen=True, slots=True)
class Slip:
    """A way to look up; the defaults are right.

    guard: only entries with the same meaning count. late: the meaning is compared after the nearest is
    chosen. none_hits: a meaning of None is one like others. strict: a cosine equal to the threshold misses.
    limited: the threshold counts. choose: one of the hits, in the order of the entries.
    """

    guard: bool = True
    late: bool = False
    none_hits: bool = False
    strict: bool = False
    limited: bool = True
    choose: Callable[[Sequence[Hit]], Hit] = max


def _found(
    meant: Meaning,
    vector: np.ndarray,
    entries: Sequence[Entry],
    threshold: float,
    slip: Slip = Slip(),
) -> str | None:
    """Return the answer that a lookup with this slip finds."""
    if meant is None and not slip.none_hits:
        return None
    if slip.late:
        entries = [max(entries, key=lambda entry: vector @ entry[1])] if entries else []
    near = [
        (float(vector @ other), answer)
        for kept, other, answer in entries
        if kept == meant or not slip.guard
    ]
    least = threshold + STEP * slip.strict if slip.limited else -1.0
    hits = [hit for hit in near if hit[0] >= least]
    return slip.choose(hits)[1] if hits else None


SLIPS: Mapping[str, Callable[..., str | None]] = {
    look: partial(_found, slip=slip)
    for look, slip in {
        "a meaning of None: nothing is known about the question, so it is a miss": Slip(
            none_hits=True
        ),
        "the meaning: an entry counts only if its meaning is equal": Slip(guard=False),
        "the order: compare the meanings first, then take the nearest of those that are left": Slip(
            late=True
        ),
        "the comparison: a cosine equal to the threshold is a hit": Slip(strict=True),
        "the threshold: below it, the nearest entry is a miss, too": Slip(limited=False),
        "which hit: the nearest, not the first": Slip(choose=lambda hits: hits[0]),
        "which hit: the nearest, not the last": Slip(choose=lambda hits: hits[-1]),
        "which hit: the nearest has the highest cosine": Slip(choose=min),
    }.items()
}


def _where(meant: Meaning, vector: np.ndarray, entries: Sequence[Entry], threshold: float) -> str:
    cosines = sorted(float(vector @ other) for kept, other, _ in entries if kept == meant)
    shown = ", ".join(f"{cosine:g}" for cosine in cosines) or "no entry"
    what = "a meaning of None" if meant is None else "the same meaning"
    return f"for cosines {shown} with {what}, threshold {threshold:g}"


def _look_at(got: object, answers: Sequence[tuple[tuple, object]]) -> str:
    if look := explanation(SLIPS, answers):
        return look
    if got is not None and not isinstance(got, str):
        return "what you return: the answer of the entry, its third part, or None"
    return (
        "keep the entries with the same meaning, take the one with the highest cosine, then compare"
    )

"""A router: easy questions to a small, fast assistant, the others to the full one.

Its threshold is not guessed but calibrated: on questions with known answers, both assistants are asked, and
as many go the fast way as accuracy allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness import semconv
from harness.assistant import Assistant, Event, Question, check_question
from harness.errors import WrongUseError
from harness.wrappers.marks import mark


@dataclass(frozen=True)
class Router:
    """`simple` answers up to the difficulty `threshold`, `full` above it and where there is no number."""

    simple: Assistant
    full: Assistant
    difficulty: Callable[[Question], float]
    threshold: float

    def stream(self, question: Question) -> Iterator[Event]:
        """Raises what the chosen assistant raises."""
        check_question(question)
        difficulty = float(self.difficulty(question))
        easy = difficulty <= self.threshold  # False for NaN
        mark(semconv.ROUTE, "simple" if easy else "full")
        mark(semconv.DIFFICULTY, difficulty)
        yield from (self.simple if easy else self.full).stream(question)


def calibrate(
    scores: Sequence[float],
    simple_right: Sequence[bool],
    full_right: Sequence[bool],
    floor: float,
) -> float:
    """The threshold that sends most questions the simple way while the share of right answers is >= `floor`.

    One entry a question: its difficulty, and whether each assistant answers it right. -inf: none goes
    that way. Choose it on dev and report on other questions: chosen and judged on the same, it flatters.
    Raises WrongUseError for lists that do not match, a score that is no number, and an unreachable floor.
    """
    _check(scores, simple_right, full_right)
    order = np.argsort(scores, kind="stable")
    ranked = np.asarray(scores, float)[order]
    gained = np.asarray(simple_right, int)[order] - np.asarray(full_right, int)[order]
    right = sum(full_right) + np.append(0, np.cumsum(gained))  # with 0, 1, ... going the simple way
    # Questions of equal difficulty go the same way, so not every number of them is possible.
    possible = np.append(ranked[1:] > ranked[:-1], True)
    possible = np.append(True, possible)
    enough = np.flatnonzero(possible & (right / len(scores) >= floor))
    if not len(enough):
        raise WrongUseError(
            f"No threshold keeps {floor:.1%} right: at best it is {right[possible].max() / len(scores):.1%}. "
            "Lower the floor, or improve the full assistant."
        )
    return float(np.append(-np.inf, ranked)[enough[-1]])


def _check(
    scores: Sequence[float], simple_right: Sequence[bool], full_right: Sequence[bool]
) -> None:
    if not len(scores) == len(simple_right) == len(full_right) > 0:
        raise WrongUseError(
            f"{len(scores)} scores, {len(simple_right)} and {len(full_right)} outcomes: "
            "give one of each for every question, at least one."
        )
    if not np.isfinite(scores).all():
        raise WrongUseError("A score is not a finite number: leave out what cannot be measured.")

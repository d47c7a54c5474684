"""A router that sends easy questions to a small, fast assistant and the others to the full one.

The threshold is calibrated: both assistants answer questions with known answers, and as many questions go
to the fast assistant as the required accuracy allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness import semconv
from harness.assistant import Assistant, Event, Question, check_question
from harness.errors import WrongUseError
from harness.wrappers.replay import mark


@dataclass(frozen=True)
class Router:
    """An assistant that uses `simple` up to the difficulty `threshold`, and `full` above it or for NaN."""

    simple: Assistant
    full: Assistant
    difficulty: Callable[[Question], float]
    threshold: float

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the chosen assistant's events. Raises what that assistant raises."""
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
    """Return the threshold that sends most questions to `simple` with a share of right answers >= `floor`.

    Each list has one entry per question: its difficulty, and whether each assistant answers it right.
    Returns -inf if no question may go to `simple`. Choose the threshold on dev and report on other questions;
    reported on the same ones, the accuracy is biased upwards.
    Raises WrongUseError for lists of different lengths, a non-finite score, and an unreachable floor.
    """
    _check(scores, simple_right, full_right)
    order = np.argsort(scores, kind="stable")
    ranked = np.asarray(scores, float)[order]
    gained = np.asarray(simple_right, int)[order] - np.asarray(full_right, int)[order]
    right = sum(full_right) + np.append(0, np.cumsum(gained))  # with 0, 1, ... sent to `simple`
    # Questions of equal difficulty go to the same assistant, so not every count is possible.
    possible = np.append(ranked[1:] > ranked[:-1], True)
    possible = np.append(True, possible)
    enough = np.flatnonzero(possible & (right / len(scores) >= floor))
    if not len(enough):
        raise WrongUseError(
            f"No threshold reaches {floor:.1%} right answers; the best reaches "
            f"{right[possible].max() / len(scores):.1%}. Lower the floor, or improve the full assistant."
        )
    return float(np.append(-np.inf, ranked)[enough[-1]])


def _check(
    scores: Sequence[float], simple_right: Sequence[bool], full_right: Sequence[bool]
) -> None:
    if not len(scores) == len(simple_right) == len(full_right) > 0:
        raise WrongUseError(
            f"The lists have {len(scores)} scores, {len(simple_right)} and {len(full_right)} outcomes: "
            "give one of each for every question, and at least one question."
        )
    if not np.isfinite(scores).all():
        raise WrongUseError(
            "A score is not a finite number: leave out questions that cannot be scored."
        )

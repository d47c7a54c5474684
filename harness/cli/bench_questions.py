"""The questions of `under500 bench`: ours, or those of a file, divided between its two comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.output import say
from harness.cli.services import read_own_questions
from harness.errors import WrongUseError

LEAST_PAIRS = 6  # for a ratio: five have an interval, and their number is even

if TYPE_CHECKING:
    from harness.measure.latency.bench import Asked


@dataclass(frozen=True)
class BenchQuestions:
    """Questions to warm up with, to compare A with itself (an even number), and to compare A and B."""

    warm_up: tuple[Asked, ...]
    noise: tuple[Asked, ...]
    measured: tuple[Asked, ...]

    @classmethod
    def split(cls, asked: Sequence[Asked], noise: int) -> BenchQuestions:
        """Return the questions in their order, `noise` of them for A and itself."""
        from harness.measure.latency.bench import WARM_UP

        end = WARM_UP + noise
        return cls(tuple(asked[:WARM_UP]), tuple(asked[WARM_UP:end]), tuple(asked[end:]))

    @property
    def requests(self) -> tuple[int, int]:
        """Return the requests to A and to B."""
        once = len(self.warm_up) + len(self.measured)
        own = 2 * (len(self.warm_up) + len(self.noise)) if self.noise else 0
        return own + once, once


def bench_questions(
    n: int, noise: int, seed: int, path: Path | None, services: bool
) -> BenchQuestions:
    """Return the questions of a comparison; a short file keeps two thirds of them for A and B.

    A service of the user's own gets no conversation before a question: it would cost tokens and mean nothing.
    """
    from harness.kb.questions import HISTORY_TURNS, draw
    from harness.measure.latency.bench import WARM_UP
    from harness.measure.stats import MEDIAN_FROM

    if 0 < noise + noise % 2 < LEAST_PAIRS:
        raise WrongUseError(
            f"--noise {noise} gives no interval: each question gives one pair of times, an interval needs "
            f"{MEDIAN_FROM} pairs, and questions are asked two at a time. Take {LEAST_PAIRS} or more, or 0 "
            "for none."
        )
    n, noise = n + n % 2, noise + noise % 2
    if path is None:
        turns = 0 if services else HISTORY_TURNS
        return BenchQuestions.split(draw("dev", WARM_UP + noise + n, seed, turns), noise)
    found, wanted = read_own_questions(path), noise
    noise = min(noise, (len(found) - WARM_UP) // 6 * 2)
    noise = 0 if noise < LEAST_PAIRS else noise
    measured = min(n, (len(found) - WARM_UP - noise) // 2 * 2)
    if measured >= 2 and (measured, noise) != (n, wanted):
        say(_divided(path, len(found), noise, wanted, measured))
    if measured < 2:
        raise WrongUseError(
            f"A comparison needs {WARM_UP + 2} questions, {WARM_UP} of them to warm up: {path} has "
            f"{len(found)}."
        )
    return BenchQuestions.split(found[: WARM_UP + noise + measured], noise)


def _divided(path: Path, found: int, noise: int, wanted: int, measured: int) -> str:
    """Return how a file with fewer questions than wanted is divided, and why."""
    from harness.measure.latency.bench import WARM_UP

    alone = f"{noise} for A and itself"
    if wanted and not noise:
        alone = f"none for A and itself, which takes {WARM_UP + 3 * LEAST_PAIRS} or more in all"
    return (
        f"{path.name} has {found} questions: {WARM_UP} to warm up, {alone}, and {measured} for A and B; an "
        "even number each, and none is asked again."
    )

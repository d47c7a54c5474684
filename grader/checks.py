"""What an exercise's check cell calls: `checks.breakdown(breakdown)`.

Each check makes fresh inputs, runs the learner's function on them and computes what is right in a
way of its own; no model runs here. A failed check raises CheckFailed, a passed one prints a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from grader.checks_capstone import entry, memo, search, under_bar, way, writer
from grader.checks_ceiling import budget, ceiling, smallest_fix
from grader.checks_profile import breakdown, explain, percentile
from grader.checks_speculation import accept, agree
from grader.checks_speedup import best_length, speedup, tokens_a_step
from grader.checks_sse import frame, parse
from grader.checks_start_here import timings
from grader.checks_streaming import deliver, stream, times
from grader.verdict import CheckFailed, Exercise, check, kind

__all__ = [
    "CheckFailed",
    "accept",
    "agree",
    "best_length",
    "breakdown",
    "budget",
    "ceiling",
    "deliver",
    "entry",
    "explain",
    "frame",
    "memo",
    "parse",
    "percentile",
    "prediction",
    "search",
    "smallest_fix",
    "speedup",
    "stream",
    "times",
    "timings",
    "tokens_a_step",
    "under_bar",
    "way",
    "writer",
]


@check
def prediction(guess: Mapping[str, float], names: Iterable[str], lab: str) -> None:
    """Graded for being there: a positive number for each of `names`, right or wrong."""
    exercise = Exercise(lab, 0, "prediction")
    if not isinstance(guess, Mapping):
        exercise.fail("a dict of guesses", kind(guess), "the cell with your guess")
    for name in names:
        if exercise.finite(guess.get(name), name) <= 0:
            exercise.fail(f"{name} above zero", f"{guess[name]}", "your guess: nothing is free")
    exercise.passed("Wrong guesses earn full marks; the gap is where the learning is.")

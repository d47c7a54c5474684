"""The next thing to do, in a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness import knobs, store
from harness.learner.attempts import Attempt, attempts
from harness.progress.lab_exercises import Exercise, Lab, labs


@dataclass(frozen=True, slots=True)
class NextStep:
    """One sentence, and the notebook to open for it, if any."""

    says: str
    path: Path | None = None

    def __str__(self) -> str:
        return f"{self.says} Open {_shown(self.path)}." if self.path else self.says


PREPARE = NextStep(
    "Nothing is prepared yet. Next: `under500 prepare`, or `make start`, which also opens the labs."
)
INTERVIEW = NextStep("Every lab has all its points. Next: say it aloud, with `under500 interview`.")
NO_LABS = NextStep("Next: `make start`, which opens the labs.")


def next_step() -> NextStep:
    """Return what to do next and how. Reads little, so that it is said at once."""
    if not store.sealed(knobs.path()):
        return PREPARE
    return next_exercise(labs(), attempts())


def next_exercise(all_labs: Sequence[Lab], done: Sequence[Attempt]) -> NextStep:
    """Return the next exercise without all its points.

    It begins to look in the lab of the latest attempt: who has moved on is not sent back.
    """
    if not all_labs:
        return NO_LABS
    best, start = best_shares(done), _latest(all_labs, done)
    for lab in [*all_labs[start:], *all_labs[:start]]:
        for exercise in lab.exercises:
            if best.get(exercise.key, 0.0) < 1:
                return _step(lab, exercise, new=not best.keys() & _keys(lab))
    return INTERVIEW


def best_shares(done: Iterable[Attempt]) -> dict[str, float]:
    """Return the best share of each exercise that was tried."""
    best: dict[str, float] = {}
    for attempt in done:
        best[attempt.exercise] = max(attempt.share, best.get(attempt.exercise, 0.0))
    return best


def _latest(all_labs: Sequence[Lab], done: Sequence[Attempt]) -> int:
    number = {key: n for n, lab in enumerate(all_labs) for key in _keys(lab)}
    return next((number[a.exercise] for a in reversed(done) if a.exercise in number), 0)


def _keys(lab: Lab) -> set[str]:
    return {exercise.key for exercise in lab.exercises}


def _step(lab: Lab, exercise: Exercise, new: bool) -> NextStep:
    numbered = exercise.name[0].isdigit()
    what = f"exercise {exercise.name}" if numbered else f"the {exercise.name}"
    what = lab.title if new else what
    return NextStep(f"Next: lab {lab.number}, {what}.", lab.path)


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path

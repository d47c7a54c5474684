"""What one learner has done: points, predictions beside measurements, latencies, interviews, what is due.

Everything is read from files on this machine; nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness import knobs, semconv, store
from harness.learner import attempts, predictions, results
from harness.learner.attempts import Attempt
from harness.progress.lab_exercises import Exercise, Lab, labs
from harness.progress.next_step import PREPARE, NextStep, next_exercise

if TYPE_CHECKING:
    from harness.interview.practice.history import Played

LIMIT_MS = 500.0
# (lab, name of a prediction) -> the name of the result that measures the same.
MEASURED = {
    ("03-smaller-models", "times_faster"): "student",
    ("04-quantization", "q8_times_faster"): "q8_0",
    ("05-speculative-decoding", "q8_lookup"): "draft",
    ("06-retrieval-hnsw", "hnsw_100000"): "hnsw_100000",
    ("08-batching-and-load", "batch_of_8"): "batch",
    ("10-capstone", "times_faster"): "reference",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One exercise. best, last: points, None if it was never tried. tries: number of attempts."""

    exercise: Exercise
    best: float | None
    last: float | None
    tries: int

    @property
    def passed(self) -> bool:
        """Return whether all points were earned once."""
        return self.best is not None and self.best >= self.exercise.points


@dataclass(frozen=True, slots=True)
class LabStanding:
    """One lab with all its exercises."""

    lab: Lab
    standings: tuple[Standing, ...]

    @property
    def points(self) -> float:
        """Return the sum of the best points."""
        return sum(standing.best or 0.0 for standing in self.standings)

    @property
    def out_of(self) -> float:
        """Return the sum of all points."""
        return sum(standing.exercise.points for standing in self.standings)

    @property
    def done(self) -> bool:
        """Return whether every exercise has all its points."""
        return bool(self.standings) and all(standing.passed for standing in self.standings)


@dataclass(frozen=True, slots=True)
class Guess:
    """One prediction, and what this machine measured; measured: None if nothing was kept yet."""

    lab: str
    name: str
    guessed: float
    measured: float | None


@dataclass(frozen=True, slots=True)
class Latency:
    """One timed run of `under500 check`: end-to-end p50 of the entry and of the yardstick, in ms."""

    lab: str
    at: str
    e2e_ms: float
    bar_ms: float

    @property
    def ratio(self) -> float:
        """Return the ratio to the yardstick."""
        return self.e2e_ms / self.bar_ms

    @property
    def scaled_ms(self) -> float:
        """Return the time scaled so that the yardstick takes 500 ms: machines differ, ratios do not."""
        return LIMIT_MS * self.ratio


@dataclass(frozen=True)
class MyProgress:
    """Everything that the page shows. due: (idea, lab) to practise today."""

    labs: tuple[LabStanding, ...]
    guesses: tuple[Guess, ...]
    latencies: tuple[Latency, ...]
    interviews: tuple[Played, ...]
    due: tuple[tuple[str, str], ...]
    next: NextStep

    @cached_property
    def fastest(self) -> Latency | None:
        """Return the timed run with the lowest ratio to the yardstick."""
        return min(self.latencies, key=lambda run: run.ratio, default=None)

    def to_json(self) -> dict[str, object]:
        """Return plain values."""
        return {
            "next": str(self.next),
            "labs": [_lab_json(standing) for standing in self.labs],
            "predictions": [
                {"lab": g.lab, "name": g.name, "guessed": g.guessed, "measured": g.measured}
                for g in self.guesses
            ],
            "latencies": [
                {
                    "lab": run.lab,
                    "at": run.at,
                    "e2e_p50_ms": run.e2e_ms,
                    "yardstick_p50_ms": run.bar_ms,
                }
                for run in self.latencies
            ],
            "interviews": [
                {"at": played.at.isoformat(timespec="seconds"), "scenario": played.scenario}
                | {"scores": dict(played.scores)}
                for played in self.interviews
            ],
            "due": [{"idea": idea, "lab": lab} for idea, lab in self.due],
        }


def my_progress() -> MyProgress:
    """Return the learner's progress. Raises PlainError if a file of it is damaged."""
    all_labs, done = labs(), attempts.attempts()
    played, due = _interviews()
    prepared = store.sealed(knobs.path())
    return MyProgress(
        labs=tuple(_standing(lab, done) for lab in all_labs),
        guesses=tuple(_guesses(all_labs, played[-1].scores if played else {})),
        latencies=tuple(_latencies(all_labs, done)),
        interviews=played,
        due=due,
        next=next_exercise(all_labs, done) if prepared else PREPARE,
    )


def _standing(lab: Lab, done: Sequence[Attempt]) -> LabStanding:
    return LabStanding(lab, tuple(_exercise(exercise, done) for exercise in lab.exercises))


def _exercise(exercise: Exercise, done: Sequence[Attempt]) -> Standing:
    shares = [attempt.share for attempt in done if attempt.exercise == exercise.key]
    points = [round(share * exercise.points, 2) for share in shares]
    return Standing(
        exercise, max(points, default=None), points[-1] if points else None, len(points)
    )


def _guesses(all_labs: Sequence[Lab], scores: Mapping[str, float | None]) -> Iterator[Guess]:
    measured = _measured() | {("11-mock-interview", name): score for name, score in scores.items()}
    for lab in all_labs:
        for name, value in predictions.first(lab.name).items():
            yield Guess(lab.name, name, value, measured.get((lab.name, name)))


def _measured() -> dict[tuple[str, str], float | None]:
    """Return what was measured, by lab and name of the prediction it answers."""
    kept = results.results()
    found = {
        key: kept[key[0], name].value for key, name in MEASURED.items() if (key[0], name) in kept
    }
    try:
        record = knobs.load()
    except store.StoreError:
        return found
    stages = {("00-start-here", stage): ms for stage, ms in record.stages_ms.items()}
    outside_ms = record.e2e_ms - record.stages_ms[semconv.GENERATE]
    return found | stages | {("01-profile", "without_llm_ms"): outside_ms}


def _latencies(all_labs: Sequence[Lab], done: Sequence[Attempt]) -> Iterator[Latency]:
    lab_of = {exercise.key: lab.name for lab in all_labs for exercise in lab.exercises}
    for run in done:
        if run.e2e_ms and run.bar_ms:
            yield Latency(lab_of.get(run.exercise, ""), run.at, run.e2e_ms, run.bar_ms)


def _interviews() -> tuple[tuple[Played, ...], tuple[tuple[str, str], ...]]:
    if not any((store.home() / "interviews").glob("*.sqlite")):
        return (), ()
    # Imported only for somebody who has played, because the interview's models take seconds to import.
    from harness.interview.practice.after_interview import review_plan
    from harness.interview.practice.history import history

    played = tuple(history().interviews())
    return played, tuple((idea.says, idea.lab) for idea in review_plan().due)


def _lab_json(standing: LabStanding) -> dict[str, object]:
    return {
        "lab": standing.lab.name,
        "points": standing.points,
        "out_of": standing.out_of,
        "exercises": [
            {"id": s.exercise.id, "points": s.exercise.points}
            | {"best": s.best, "last": s.last, "tries": s.tries}
            for s in standing.standings
        ],
    }

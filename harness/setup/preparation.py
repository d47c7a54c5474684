"""Preparation of a learner's machine: models, vectors and calibration, built once.

Preparation is idempotent and resumable: each step checks whether its result exists and is intact, and
builds it only if not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from filelock import FileLock, Timeout

from harness import baseline, knobs, store
from harness.errors import PlainError
from harness.interview.dialogue import opening
from harness.kb import articles
from harness.knobs import Calibration
from harness.measure.latency.trace import Span, Trace
from harness.measure.machine import describe
from harness.models import build, catalog
from harness.models.offline import BUILT, FULL, LARGE, STUDENT, WEIGHTS
from harness.serve.entry import Entry
from harness.setup import calibrate, calibrate_yardstick

Say = Callable[[str], None]


class BusyMachineError(PlainError):
    """The machine is too busy to calibrate or measure."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to build. ready: whether it exists and is intact. build: builds it and reports progress."""

    name: str
    ready: Callable[[], bool]
    build: Callable[[Say], object]


def steps(force_busy: bool = False, recalibrate: bool = False) -> list[Step]:
    """Return all steps in the order of their dependencies.

    force_busy: calibrate even if other programs use the machine. recalibrate: calibrate even if a valid
    record exists; the old record stays until there is a new one.
    """
    return [
        Step("packaged models", models_intact, lambda say: verify_models()),
        Step("large model, tuned, fp32", large_ready, lambda say: build.build_large()),
        Step("student, pruned, fp32", student_ready, lambda say: build.build_student()),
        Step("quantised models", quantised_ready, lambda say: build.build_quantised(say)),
        Step(
            "knowledge base vectors", baseline.vectors_ready, lambda say: baseline.build_vectors()
        ),
        Step("mock interview", opening.is_warm, lambda say: opening.warm_up()),
        Step(
            "calibration",
            lambda: calibrated() and not recalibrate,
            lambda say: calibrate_baseline(say, force_busy),
        ),
    ]


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the lock that allows one preparation at a time. Raises PlainError if another one is running."""
    try:
        with FileLock(store.home() / "prepare.lock", timeout=0):
            yield
    except Timeout as error:
        raise PlainError(
            "Another `under500 prepare` is running: wait for it to finish, or stop it first."
        ) from error


def verify_models() -> None:
    """Raise StoreError if a packaged model is missing, and CorruptFileError if it is damaged."""
    for model in catalog.OFFLINE:
        model.verified()


def models_intact() -> bool:
    """Return True if every packaged model exists with the right checksum."""
    try:
        verify_models()
    except store.StoreError:
        return False
    return True


def large_ready() -> bool:
    """Return True if the tuned model exists for torch and for llama.cpp and is intact."""
    return all(map(store.intact, (LARGE.folder / WEIGHTS, LARGE.gguf(FULL))))


def student_ready() -> bool:
    """Return True if the full file of the student exists and is intact."""
    return store.intact(STUDENT.gguf(FULL))


def quantised_ready() -> bool:
    """Return True if every quantised file exists and is intact."""
    return all(store.intact(model.gguf(kind)) for model in BUILT for kind in model.kinds)


def calibrated() -> bool:
    """Return True if there is a calibration record for this machine, content and model."""
    try:
        return knobs.load().key == calibration_key()
    except store.StoreError:
        return False


def calibration_key() -> str:
    """Return a key that changes with everything the knobs depend on."""
    machine = describe.describe()
    versions = map(str, sorted(machine.versions.items()))  # another torch may have another speed
    parts = (machine.fingerprint(), *versions, articles.content_hash(), LARGE.folder.name)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def calibrate_baseline(say: Say, force_busy: bool) -> Calibration:
    """Calibrate the baseline and the yardstick for this machine, and save the record.

    Raises BusyMachineError if other programs use too much of the machine, unless `force_busy`.
    """
    load = describe.busy()
    if load.too_busy and not force_busy:
        raise BusyMachineError(
            f"The machine is too busy to calibrate: {load.sentence()} "
            "Close those programs and run `under500 prepare` again, or add --busy to calibrate anyway."
        )
    best = calibrate.calibrate(progress=lambda result: say(_line(result)))
    slow = Entry("baseline", baseline.pipeline(best.knobs), baseline.network(best.knobs))
    fit = calibrate_yardstick.calibrate_yardstick(slow, best.e2e_ms, say)
    record = Calibration(
        knobs=best.knobs,
        yardstick=fit.work,
        yardstick_ratio=fit.ratio.p50,
        key=calibration_key(),
        stages_ms=best.stages_ms,
        e2e_ms=best.e2e_ms,
        n=best.n,
        typical=[asdict(span) for span in best.typical.spans],
        machine=asdict(describe.describe()) | asdict(describe.measure_bandwidth()),
    )
    knobs.save(record)
    if not calibrate.within_contract(best.stages_ms, best.e2e_ms):
        say(f"Note: calibration did not reach the targets on this machine: {_line(best)}.")
    return record


def typical_trace() -> Trace:
    """Return the trace of the calibrated baseline's median request. Raises StoreError if not calibrated."""
    return Trace(tuple(Span(**span) for span in knobs.load().typical))


def _line(result: calibrate.Round) -> str:
    stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in result.stages_ms.items())
    return f"end-to-end p50 {result.e2e_ms:.0f} ms, target 3200 (n={result.n}): {stages}"

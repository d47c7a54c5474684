"""Everything a learner's machine needs, built once: models, vectors, calibration.

Idempotent and resumable: each step knows whether its result is there and intact, and does only what
is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from filelock import FileLock, Timeout

from harness import baseline, knobs, store
from harness.errors import PlainError
from harness.interview.dialogue import warmup
from harness.kb import articles
from harness.knobs import Record
from harness.measure.latency.trace import Span, Trace
from harness.measure.machine import describe
from harness.models import build, catalog
from harness.models.offline import BUILT, FULL, LARGE, STUDENT, WEIGHTS
from harness.serve.entry import Entry
from harness.setup import calibrate, calibrate_yardstick

Say = Callable[[str], None]


class BusyMachineError(PlainError):
    """The machine is too busy to be calibrated."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to build: its name, whether it is there and intact, and how it is made."""

    name: str
    ready: Callable[[], bool]
    build: Callable[[Say], object]


def steps(force_busy: bool = False, recalibrate: bool = False) -> list[Step]:
    """All steps in the order in which they depend on each other.

    force_busy: calibrate even if other programs use the machine.
    recalibrate: calibrate even if that is done; the old record stays until there is a new one.
    """
    return [
        Step("packaged models", models_intact, lambda say: verify_models()),
        Step("large model, tuned, fp32", large_ready, lambda say: build.build_large()),
        Step("student, pruned, fp32", student_ready, lambda say: build.build_student()),
        Step("quantised models", quantised_ready, lambda say: build.build_quantised(say)),
        Step(
            "knowledge base vectors", baseline.vectors_ready, lambda say: baseline.build_vectors()
        ),
        Step("mock interview", warmup.warm, lambda say: warmup.warm_up()),
        Step(
            "calibration",
            lambda: calibrated() and not recalibrate,
            lambda say: calibrate_baseline(say, force_busy),
        ),
    ]


@contextmanager
def alone() -> Iterator[None]:
    """One preparation at a time. Raises PlainError when another one is running."""
    try:
        with FileLock(store.home() / "prepare.lock", timeout=0):
            yield
    except Timeout as error:
        raise PlainError(
            "Another `under500 prepare` is running: wait for it to finish, or stop it first."
        ) from error


def verify_models() -> None:
    """Raises StoreError when a packaged model is missing, CorruptFileError when it is damaged."""
    for model in catalog.OFFLINE:
        model.verified()


def models_intact() -> bool:
    """True when every packaged model is there with the right checksum."""
    try:
        verify_models()
    except store.StoreError:
        return False
    return True


def large_ready() -> bool:
    """True when the tuned model is there, for torch and for llama.cpp, and intact."""
    return all(map(store.intact, (LARGE.folder / WEIGHTS, LARGE.gguf(FULL))))


def student_ready() -> bool:
    """True when the full file of the student is there and intact."""
    return store.intact(STUDENT.gguf(FULL))


def quantised_ready() -> bool:
    """True when every quantised file is there and intact."""
    return all(store.intact(model.gguf(kind)) for model in BUILT for kind in model.kinds)


def calibrated() -> bool:
    """True when the record was made for this machine, content and model."""
    try:
        return knobs.load().key == calibration_key()
    except store.StoreError:
        return False


def calibration_key() -> str:
    """Changes with whatever the knobs depend on."""
    here = describe.describe()
    # Versions count: another torch is another speed.
    software = sorted(here.versions.items())
    parts = (here.fingerprint(), *map(str, software), articles.content_hash(), LARGE.folder.name)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def calibrate_baseline(say: Say, force_busy: bool) -> Record:
    """Set the knobs for this machine and save them.

    Raises BusyMachineError when other programs take too much of it, unless `force_busy`.
    """
    load = describe.busy()
    if load.too_busy and not force_busy:
        raise BusyMachineError(
            f"The machine is too busy to calibrate: {load.sentence()} "
            "Close them and run `under500 prepare` again, or add --busy to calibrate anyway."
        )
    best = calibrate.calibrate(progress=lambda one: say(_line(one)))
    slow = Entry("baseline", baseline.pipeline(best.knobs), baseline.network(best.knobs))
    bar = calibrate_yardstick.calibrate_yardstick(slow, best.e2e_ms, say)
    record = Record(
        knobs=best.knobs,
        yardstick=bar.work,
        yardstick_ratio=bar.ratio.p50,
        key=calibration_key(),
        stages_ms=best.stages_ms,
        e2e_ms=best.e2e_ms,
        n=best.n,
        typical=[asdict(span) for span in best.typical.spans],
        machine=asdict(describe.describe()) | asdict(describe.measure_bandwidth()),
    )
    knobs.save(record)
    if not calibrate.within_contract(best.stages_ms, best.e2e_ms):
        say(f"Note: this machine stays off the table: {_line(best)}.")
    return record


def typical_trace() -> Trace:
    """The calibrated baseline's request in the middle. Raises StoreError when not calibrated."""
    return Trace(tuple(Span(**span) for span in knobs.load().typical))


def _line(one: calibrate.Round) -> str:
    stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in one.stages_ms.items())
    return f"end-to-end p50 {one.e2e_ms:.0f} ms of 3200 (n={one.n}): {stages}"

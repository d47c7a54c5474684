"""Preparation of a learner's machine: models, vectors and calibration, built once.

Preparation is idempotent and resumable: each step checks whether its result exists and is intact, and
builds it only if not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial

from filelock import FileLock, Timeout

from harness import baseline, knobs, store
from harness.errors import PlainError
from harness.kb import articles
from harness.knobs import Calibration, Knobs, YardstickWork
from harness.measure.machine import describe
from harness.models import build, catalog, hub
from harness.models.offline import BUILT, COMPACT, FULL, LARGE, STUDENT, WEIGHTS, encoder_file
from harness.setup import calibrate, first_answer, quiet, stage_costs, unit_costs
from harness.setup.interleaved_round import Round, measure_round

Say = Callable[[str], None]
# Part of the key of a record, changed with the way of calibration.
METHOD = "2"
RECALIBRATE = "run `under500 prepare --recalibrate` when the machine is quiet"


class BusyMachineError(PlainError):
    """The machine is too busy to calibrate or measure."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to build. ready: whether it exists and is intact. build: builds it and reports progress."""

    name: str
    ready: Callable[[], bool]
    build: Callable[[Say], object]


def steps(strict: bool = False, recalibrate: bool = False, embed: bool = False) -> list[Step]:
    """Return all steps in the order of their dependencies.

    strict: refuse to calibrate while other programs use the machine. recalibrate: calibrate even if a valid
    record exists; the old record stays until there is a new one. embed: compute the vectors of the help
    centre on this machine instead of unpacking those that come with the project.
    """
    return [
        Step("packaged models", models_intact, obtain_models),
        Step("large model, tuned, fp32", large_ready, lambda say: build.build_large()),
        Step("student, pruned, fp32", student_ready, lambda say: build.build_student()),
        Step(
            "question encoder",
            lambda: store.intact(encoder_file()),
            lambda say: build.build_encoder(),
        ),
        Step("quantised models", quantised_ready, lambda say: build.build_quantised(say)),
        Step(
            "knowledge base vectors",
            lambda: baseline.vectors_ready(embed),
            lambda say: baseline.build_vectors(embed),
        ),
        Step(
            "first answer of the slow assistant",
            lambda: store.sealed(knobs.path()),
            show_first_answer,
        ),
        Step(
            "calibration",
            lambda: calibrated() and not recalibrate,
            lambda say: calibrate_baseline(say, strict),
        ),
    ]


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the lock that allows one preparation at a time.

    Raises PlainError if another one is running, or if nothing can be written.
    """
    lock = FileLock(store.home() / "prepare.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise PlainError(
            "Another `under500 prepare` is running: wait for it to finish, or stop it first."
        ) from error
    except OSError as error:
        raise PlainError(
            f"The folder {store.home()} cannot be written to ({error.strerror}): set "
            f"{store.HOME_VARIABLE} to a folder that you may write to."
        ) from error
    try:
        yield
    finally:
        lock.release()


def verify_models() -> None:
    """Raise StoreError if a packaged model is missing, and CorruptFileError if it is damaged."""
    for model in catalog.OFFLINE:
        model.verified()


def obtain_models(say: Say) -> None:
    """Fetch each packaged model whose package is not installed, from a local copy or the hub, and verify all.

    Raises StoreError, CorruptFileError or HubError.
    """
    for model in catalog.OFFLINE:
        if model.found() is None:
            copy = catalog.local_copy(model)
            source, size = model.elsewhere, f"{model.elsewhere.size_mb:.0f} MB"
            say(f"{model.name} ({size}): from {copy or source.repository + ' on the hub'}.")
            hub.adopt(source, copy) if copy else hub.fetch(source)
        model.verified()


def show_first_answer(say: Say) -> None:
    """Say a question, what the slow assistant answers, and after how long."""
    for sentence in first_answer.told(*first_answer.first_answer()):
        say(sentence)


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
    """Return True if the full files of the student and the compact model exist and are intact."""
    return all(store.intact(model.gguf(FULL)) for model in (STUDENT, COMPACT))


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
    parts = (METHOD, machine.fingerprint(), *versions, articles.content_hash(), LARGE.folder.name)
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def calibrate_baseline(say: Say, strict: bool = False) -> Calibration:
    """Calibrate the baseline and the yardstick for the quiet machine, and save the record.

    Waits up to a minute for other programs to finish. Beside them the record's times are estimates, and do
    not replace measured ones. Raises BusyMachineError instead if `strict`.
    """
    quiet.flush()
    load = quiet.wait_for_quiet(say)
    if load.too_busy and strict:
        raise BusyMachineError(
            f"The machine is too busy to calibrate: {load.sentence()} "
            "Close those programs and run `under500 prepare --recalibrate --strict` again, or leave "
            "--strict out."
        )
    costs = unit_costs.measure_unit_costs()
    fit = (
        calibrate.estimate(costs, load.sentence())
        if load.too_busy
        else calibrate.calibrate(costs, partial(_round, say), say)
    )
    if fit.estimated and calibrated() and (kept := knobs.load()).n:
        say(
            f"Note: kept the calibration measured before (n={kept.n}), because this one would be an "
            f"estimate ({fit.estimated.rstrip('.')}): {RECALIBRATE}."
        )
        return kept
    record = as_record(fit)
    knobs.save(record)
    for sentence in notes(fit):
        say(sentence)
    return record


def _round(say: Say, setting: Knobs, work: YardstickWork, n: int) -> Round:
    wait = partial(quiet.wait_for_quiet, say, quiet.PATIENCE_S / 3)
    return measure_round(setting, work, n, wait)


def as_record(fit: calibrate.Fit) -> Calibration:
    """Return the record of a calibration on this machine."""
    return Calibration(
        knobs=fit.knobs,
        yardstick=fit.work,
        yardstick_ratio=fit.ratio,
        key=calibration_key(),
        stages_ms=fit.stages_ms,
        e2e_ms=fit.e2e_ms,
        n=fit.n,
        typical=[asdict(span) for span in fit.typical.spans] if fit.typical else [],
        machine=asdict(describe.describe()) | asdict(describe.measure_bandwidth()),
        estimated=fit.estimated,
    )


def notes(fit: calibrate.Fit) -> list[str]:
    """Return a sentence for everything about a calibration that a user should know."""
    sentences = []
    if fit.estimated:
        sentences.append(f"{estimated_note(fit.estimated)} {fit.line()}.")
    if missed := stage_costs.out_of_reach(fit.stages_ms, fit.e2e_ms, fit.knobs):
        sentences.append(f"Note: {missed}")
    return sentences


def estimated_note(why: str) -> str:
    """Return the note about a calibration without measured requests."""
    return f"Note: the calibration is an estimate for the quiet machine ({why.rstrip('.')}): {RECALIBRATE}."

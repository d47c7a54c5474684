"""Points for speed: the learner's entry is timed against the yardstick, each in a process of its own.

Timing is exclusive: a machine runs one timed comparison at a time, even if several people grade on it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from grader.exercise.exclusive import exclusive
from grader.grading.paired_run import (
    SOLO,
    WARM_UP,
    PairedRun,
    Side,
    paired_run,
    solo_p50_ms,
)
from grader.remote.framing import random_id
from grader.remote.session import Session, session
from grader.sandbox.jail import SandboxSpec
from grader.thresholds import Bar
from harness.errors import PlainError
from harness.kb.products import SHIPPED, World
from harness.kb.questions import Case, draw
from harness.measure.latency.sequential_test import State
from harness.serve import app
from harness.serve.client import Client
from harness.serve.entry import Division, Entry

START_S = (
    120.0  # for the yardstick to load its models: 2 s, and 10 beside busy programs on a cold disk
)
FORGET_S = 5.0  # for clearing a cache
ATTEMPTS = 2  # after two undecided runs in a row, the machine is too noisy to decide today
# the cell that defines entry() in the yardstick's process, and embedded() for a launch
SOURCE = """
from harness.baseline import embedded
from harness.entries import entry_named

def entry():
    return entry_named('yardstick')
"""


class EntryError(PlainError):
    """The learner's entry cannot be timed; the message says why."""


class NoYardstickError(Exception):
    """The yardstick could not be measured, which is not the learner's fault."""


@dataclass(frozen=True, slots=True)
class ReadyYardstick:
    """The yardstick, ready in its own process. `solo_ms` is its end-to-end p50 with nothing beside it."""

    session: Session
    entry: Entry
    solo_ms: float


@contextmanager
def yardstick(spec: SandboxSpec, seed: int, source: str = SOURCE) -> Iterator[ReadyYardstick]:
    """Start the yardstick, measure it alone, and stop its processes.

    Raises NoYardstickError if it does not start or does not answer.
    """
    with session(spec, START_S) as process:
        try:
            process.cell(source)
            entry = process.value("entry")()
        except Exception as error:  # for example, there is no model before `under500 prepare`
            raise NoYardstickError(f"The yardstick does not start: {error}") from error
        solo_ms = measure_solo(process, entry, seed)
        if not solo_ms:
            raise NoYardstickError("The yardstick does not answer: run `under500 prepare`.")
        yield ReadyYardstick(process, entry, solo_ms)


def measure_solo(process: Session, entry: Entry, seed: int) -> float:
    """Return the end-to-end p50 in ms of `entry` with nothing beside it; 0.0 if a request failed."""
    questions = [case.question for case in fresh_cases(WARM_UP + SOLO, seed)]
    with exclusive(), entry.deployed() as client:
        return solo_p50_ms(Side(client, process.processes), questions)


def fresh_cases(n: int, seed: int, world: World = SHIPPED) -> list[Case]:
    """Return `n` different questions of the test split, with random ids that reveal nothing."""
    cases = draw("test", n, seed, world=world)
    return [replace(case, question=replace(case.question, id=random_id())) for case in cases]


def paired_runs(
    learner: Session,
    entry: object,
    bar: Bar,
    yardstick: ReadyYardstick,
    seed: int,
    world: World = SHIPPED,
) -> list[PairedRun]:
    """Time the entry once, or twice if the first run is undecided. No question is asked twice.

    world: what the questions are about.

    Raises EntryError if the entry cannot be timed; any other error is not the learner's fault.
    """
    _check(entry, bar)
    most = WARM_UP + max(bar.most, bar.right.most)
    cases = fresh_cases(ATTEMPTS * most, seed, world)
    runs: list[PairedRun] = []
    for first in range(0, len(cases), most):
        runs.append(_run(learner, entry, bar, yardstick, cases[first : first + most]))
        if runs[-1].verdict.state is not State.UNDECIDED or runs[-1].final:
            break
    return runs


def _check(entry: object, bar: Bar) -> None:
    if not isinstance(entry, Entry):
        raise EntryError(f"{bar.function}() must return an Entry, not {entry!r:.80}.")
    if not entry.network.rtt_ms >= bar.nearest_ms:  # `not >=` also rejects NaN
        raise EntryError(
            f"Its network has a round trip of {entry.network.rtt_ms:g} ms (SIM): "
            f"choose at least {bar.nearest_ms:g} ms."
        )


def _run(
    learner: Session, entry: Entry, bar: Bar, yardstick: ReadyYardstick, cases: list[Case]
) -> PairedRun:
    with exclusive(), _unlogged(), ExitStack() as stack:
        # The grader deploys both servers, at the distance that each entry states.
        client = stack.enter_context(entry.deployed())
        yardstick_client = stack.enter_context(yardstick.entry.deployed())
        try:
            run = paired_run(
                _side(learner, entry, client),
                _side(yardstick.session, yardstick.entry, yardstick_client),
                cases,
                bar=bar,
                undisturbed_ms=yardstick.solo_ms,
            )
            return replace(run, division=entry.division)
        finally:
            learner.processes.thaw()


@contextmanager
def _unlogged() -> Iterator[None]:
    """Silence the server's log: errors of a learner's assistant belong in the report, not in the terminal."""
    log = logging.getLogger(app.__name__)
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


def _side(process: Session, entry: Entry, client: Client) -> Side:
    def forget() -> None:
        process.ask("call", object_id=entry.forget.number, limit_s=FORGET_S)

    if entry.division is Division.OPEN:
        return Side(client, process.processes)
    return Side(client, process.processes, forget)

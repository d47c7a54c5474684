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
    DISTURBED,
    SOLO,
    WARM_UP,
    PairedRun,
    Side,
    paired_run,
    solo_p50_ms,
)
from grader.grading.report import Mark, Outcome
from grader.remote.framing import number
from grader.remote.session import Session, session
from grader.sandbox.jail import SandboxSpec
from grader.thresholds import Bar
from harness.errors import PlainError
from harness.kb.products import SHIPPED, World
from harness.kb.questions import Case, draw
from harness.measure.latency.sequential_test import Rule, State
from harness.measure.machine.describe import busy
from harness.models.engines.llama_model import gpu_layers
from harness.serve import app
from harness.serve.client import Client
from harness.serve.entry import Division, Entry

FORGET_S = 5.0  # for clearing a cache
ATTEMPTS = 2  # after two undecided runs in a row, the machine is too noisy to decide today
# Of the answers, that may take hardly any CPU time; a model's share varies by two between questions.
MOST_IDLE = 0.1
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
    with session(spec) as process:
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
    return [replace(case, question=replace(case.question, id=number())) for case in cases]


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
    most = WARM_UP + bar.most
    cases = fresh_cases(ATTEMPTS * most, seed, world)
    runs: list[PairedRun] = []
    for first in range(0, len(cases), most):
        runs.append(_run(learner, entry, bar, yardstick, cases[first : first + most]))
        if runs[-1].verdict.state is not State.UNDECIDED or runs[-1].over:
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
    rule = Rule(bound=bar.bound, most=bar.most)
    with exclusive(), _unlogged(), ExitStack() as stack:
        # The grader deploys both servers, at the distance that each entry states.
        client = stack.enter_context(entry.deployed())
        yardstick_client = stack.enter_context(yardstick.entry.deployed())
        try:
            run = paired_run(
                _side(learner, entry, client),
                _side(yardstick.session, yardstick.entry, yardstick_client),
                cases,
                rule=rule,
                pairs=bar.pairs,
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


def mark(id_: str, points: float, runs: list[PairedRun], bar: Bar) -> Mark:
    """Return the mark for the last of `runs`, with its times and its number of right answers."""
    last = runs[-1]
    pairs = last.comparison.pairs if last.comparison.clean else ()
    times = tuple((pair.a.e2e_ms, pair.b.e2e_ms) for pair in pairs)
    right = last.quality.right if pairs and last.quality else None
    counts = (right.successes, right.n) if right else None
    return replace(_mark(id_, points, last, bar), pairs=times, right=counts)


def _mark(id_: str, points: float, last: PairedRun, bar: Bar) -> Mark:
    if last.yardstick_fault:
        reason = f"The yardstick failed, not you: {last.yardstick_fault.sentence}"
        return Mark(id_, Outcome.NOT_GRADED, None, points, reason)
    if last.fault:
        return Mark(id_, Outcome.FAILED, 0.0, points, last.fault.sentence)
    too_few = last.verdict.state is State.FASTER and len(last.comparison.pairs) < bar.pairs
    if last.late and too_few:
        return Mark(id_, Outcome.UNDECIDED, None, points, _unfinished(last, bar), queued=True)
    if last.verdict.state is State.UNDECIDED:
        return Mark(id_, Outcome.UNDECIDED, None, points, _undecided(last), queued=True)
    if last.verdict.state is State.SLOWER:
        return Mark(id_, Outcome.FAILED, 0.0, points, _slower(last))
    if no_model := _without_model(last, bar):
        return Mark(id_, Outcome.FAILED, 0.0, points, no_model)
    if too_bad := _worse(last, bar):
        return Mark(id_, Outcome.FAILED, 0.0, points, too_bad)
    return Mark(id_, Outcome.PASSED, points, points, last.verdict.sentence())


def _slower(last: PairedRun) -> str:
    if last.verdict.pairs < min(last.verdict.rule.looks):
        ratios = last.comparison.ratios
        return (
            f"Slower: {min(ratios):.1f} times the yardstick or more in each of {len(ratios)} pairs."
        )
    return last.verdict.sentence()


def _unfinished(last: PairedRun, bar: Bar) -> str:
    return (
        f"Undecided: time was up after {len(last.comparison.pairs)} timed pairs; a pass needs {bar.pairs}. "
        f"{busy().sentence()} This costs no points; try again on a quieter machine."
    )


def _undecided(last: PairedRun) -> str:
    now = busy().sentence()
    if last.disturbed > DISTURBED:
        return (
            f"Undecided: the yardstick took {last.disturbed:.1f} times as long as alone. "
            f"{now} This costs no points; try again on a quieter machine."
        )
    return f"{last.verdict.sentence()} {now} This costs no points."


def _without_model(last: PairedRun, bar: Bar) -> str:
    """Return why this is an entry without a language model, as it says itself or as counted here, or ""."""
    idle, n = last.idle_answers(bar.work), len(last.work_s[0])
    if last.division is Division.NO_MODEL:
        found = "The entry says that no language model writes its answers"
    elif idle > MOST_IDLE * n and not gpu_layers():  # a GPU's work is not in the CPU time
        found = (
            f"No language model has written {idle} of {n} answers: each took less than {bar.work:.0%} of the "
            "yardstick's CPU time"
        )
    else:
        return ""
    return (
        f"Division without a language model. {found}. {last.verdict.sentence()} Right: {last.quality.right}. "
        "These points are the closed division's, where a language model writes each answer."
    )


def _worse(last: PairedRun, bar: Bar) -> str:
    """Return why the timed answers are not good enough, or "".

    The share itself counts, not the upper end of its interval, which would let half of them be wrong.
    """
    quality = last.quality
    if quality.right.rate < bar.right:
        return f"Fast, but right in {quality.right} of the timed answers: {bar.right:.0%} are required."
    if quality.length.median_ratio < bar.shortest:
        return (
            f"Fast, but its answers have {quality.length.median_ratio:.0%} of the reference's words: "
            f"{bar.shortest:.0%} are required."
        )
    return ""

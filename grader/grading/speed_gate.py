"""Points for speed: the learner's entry and the yardstick, each in a process of its own, one after the other.

Timing is exclusive: one race at a time on a machine, whoever grades there.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock

from grader.grading.paired_run import ALONE, DISTURBED, WARM_UP, Lane, Race, alone, race
from grader.grading.report import Mark, Outcome
from grader.remote.framing import number
from grader.remote.session import Session, session
from grader.sandbox.jail import SandboxSpec
from grader.thresholds import Bar
from harness.errors import PlainError
from harness.kb.questions import Case, draw
from harness.measure.latency.sequential_test import Rule, State
from harness.measure.machine.describe import busy
from harness.serve import app
from harness.serve.client import Client
from harness.serve.entry import Division, Entry

LOCK = Path(tempfile.gettempdir()) / "under500-timing.lock"  # of the machine, not of a user
FORGET_S = 5.0  # for emptying a cache
READABLE = 0o666  # by all who grade there
ATTEMPTS = 2  # undecided twice in a row: this machine will not tell today
SOURCE = "from harness.entries import named\n\ndef entry():\n    return named('yardstick')\n"


class EntryError(PlainError):
    """The learner's entry cannot take part; the message says why."""


class NoYardstickError(Exception):
    """The yardstick could not be measured: nothing that a learner did."""


@dataclass(frozen=True, slots=True)
class ReadyYardstick:
    """The yardstick, ready in its own process. alone_ms: its end-to-end p50 before anybody else is there."""

    session: Session
    entry: Entry
    alone_ms: float


def exclusive() -> FileLock:
    """The lock that timing on this machine needs."""
    return FileLock(LOCK, mode=READABLE)


@contextmanager
def yardstick(spec: SandboxSpec, seed: int, source: str = SOURCE) -> Iterator[ReadyYardstick]:
    """Started, warmed up, and standing still. Raises NoYardstickError."""
    with session(spec) as one:
        try:
            one.cell(source)
            entry = one.value("entry")()
        except Exception as error:  # before `prepare` there is no model, for one
            raise NoYardstickError(f"The yardstick does not start: {error}") from error
        questions = [case.question for case in fresh(WARM_UP + ALONE, seed)]
        with exclusive(), entry.deployed() as client:
            alone_ms = alone(Lane(client, one.processes), questions)
        if not alone_ms:
            raise NoYardstickError("The yardstick does not answer: run `under500 prepare`.")
        yield ReadyYardstick(one, entry, alone_ms)


def fresh(n: int, seed: int) -> list[Case]:
    """`n` questions of the test split, no two alike, under numbers that say nothing about them."""
    cases = draw("test", n, seed)
    return [replace(case, question=replace(case.question, id=number())) for case in cases]


def judged(
    learner: Session, entry: object, bar: Bar, yard: ReadyYardstick, seed: int
) -> list[Race]:
    """One race, or two when the first one stays undecided; no question is asked twice in all.

    Raises EntryError; anything else is not the learner's doing.
    """
    _check(entry, bar)
    most = WARM_UP + bar.most
    cases = fresh(ATTEMPTS * most, seed)
    races: list[Race] = []
    for first in range(0, len(cases), most):
        races.append(_race(learner, entry, bar, yard, cases[first : first + most]))
        if races[-1].verdict.state is not State.UNDECIDED or races[-1].over:
            break
    return races


def _check(entry: object, bar: Bar) -> None:
    if not isinstance(entry, Entry):
        raise EntryError(f"{bar.function}() must return an Entry, not {entry!r:.80}.")
    if not entry.network.rtt_ms >= bar.nearest_ms:  # nor for what is no number
        raise EntryError(
            f"Its network has a round trip of {entry.network.rtt_ms:g} ms (SIM): "
            f"no server is nearer than {bar.nearest_ms:g} ms."
        )


def _race(
    learner: Session, entry: Entry, bar: Bar, yard: ReadyYardstick, cases: list[Case]
) -> Race:
    rule = Rule(bound=bar.bound, most=bar.most)
    with exclusive(), _unlogged(), ExitStack() as stack:
        # Ours, both of them: the learner says how far the server is, and we put it there.
        theirs, bars = (stack.enter_context(one.deployed()) for one in (entry, yard.entry))
        try:
            return race(
                _lane(learner, entry, theirs),
                _lane(yard.session, yard.entry, bars),
                cases,
                rule=rule,
                pairs=bar.pairs,
                undisturbed_ms=yard.alone_ms,
            )
        finally:
            learner.processes.thaw()


@contextmanager
def _unlogged() -> Iterator[None]:
    """What a learner's assistant raises belongs in the report, not on our terminal."""
    log = logging.getLogger(app.__name__)
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


def _lane(one: Session, entry: Entry, client: Client) -> Lane:
    def forget() -> None:
        one.ask("call", object_id=entry.forget.number, limit_s=FORGET_S)

    if entry.division is Division.OPEN:
        return Lane(client, one.processes)
    return Lane(client, one.processes, forget)


def mark(id_: str, points: float, races: list[Race], bar: Bar) -> Mark:
    """The mark that the last of `races` earns, and the times behind it."""
    last = races[-1]
    pairs = last.comparison.pairs if last.comparison.clean else ()
    times = tuple((one.a.e2e_ms, one.b.e2e_ms) for one in pairs)
    right = last.quality.right if pairs and last.quality else None
    found = (right.successes, right.n) if right else None
    return replace(_mark(id_, points, last, bar), pairs=times, right=found)


def _mark(id_: str, points: float, last: Race, bar: Bar) -> Mark:
    if last.our_fault:
        reason = f"The yardstick failed, not you: {last.our_fault.sentence}"
        return Mark(id_, Outcome.NOT_GRADED, None, points, reason)
    if last.fault:
        return Mark(id_, Outcome.FAILED, 0.0, points, last.fault.sentence)
    if last.verdict.state is State.UNDECIDED:
        return Mark(id_, Outcome.UNDECIDED, None, points, _doubt(last), queued=True)
    if last.verdict.state is State.SLOWER:
        return Mark(id_, Outcome.FAILED, 0.0, points, _slower(last))
    if too_bad := _worse(last, bar):
        return Mark(id_, Outcome.FAILED, 0.0, points, too_bad)
    return Mark(id_, Outcome.PASSED, points, points, last.verdict.sentence())


def _slower(last: Race) -> str:
    if last.verdict.pairs < min(last.verdict.rule.looks):
        ratios = last.comparison.ratios
        return (
            f"Slower: {min(ratios):.1f} times the yardstick or more in each of {len(ratios)} pairs."
        )
    return last.verdict.sentence()


def _doubt(last: Race) -> str:
    now = busy().sentence()
    if last.disturbed > DISTURBED:
        return (
            f"Undecided: the yardstick took {last.disturbed:.1f} times what it takes alone. "
            f"{now} It costs nothing; try again on a quieter machine."
        )
    return f"{last.verdict.sentence()} {now} It costs nothing."


def _worse(last: Race, bar: Bar) -> str:
    """Why the timed answers are not good enough, or "". Only what chance does not explain counts."""
    quality = last.quality
    if quality.right.interval.high < bar.right:
        return (
            f"Fast, but right in {quality.right} of the timed answers: {bar.right:.0%} are asked."
        )
    if quality.length.median_ratio < bar.shortest:
        return (
            f"Fast, but its answers have {quality.length.median_ratio:.0%} of the words they need."
        )
    return ""

"""Many users at once: requests that come when they come, or as fast as they are answered.

**Open loop**: users do not know of each other, so requests come at random times (a Poisson process)
whether or not the last one was answered. Each has an intended start, drawn before the run, and its
latency counts from there: when the assistant stalls, all who should have asked meanwhile have waited too.
A client that only starts the next request after the last one never asks during the stall and reports
a tail that no user sees (G. Tene's "coordinated omission").

**Closed loop**: N users who ask the next question the moment they have an answer. It shows what the
assistant can do at most, and never more than N requests wait.
"""

from __future__ import annotations

import sched
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import LifoQueue

import numpy as np

from harness.assistant import Assistant, Question
from harness.errors import WrongUseError
from harness.measure.latency.timing import CLOCK, DEADLINE_S, NS_PER_MS, NS_PER_S, Clock, clocked
from harness.measure.load.goodput import LoadRun, Request

# Requests on their way; more wait for a thread, on the clock. At half a second each the last of 32 is
# 16 s away from its answer: an assistant so far behind is overloaded whatever the others get.
AT_ONCE = 32

MakeAssistant = Callable[[], Assistant]


def open_loop(
    make: MakeAssistant,
    questions: Sequence[Question],
    per_s: float,
    *,
    seed: int = 0,
    at_once: int = AT_ONCE,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
    pool: Executor | None = None,
) -> LoadRun:
    """Ask every question at its time of a Poisson process of `per_s` requests a second on average.

    make: called `at_once` times before the run, because an assistant serves one thread at a time; whoever
    makes them warms them up and closes them. pool: where requests run instead of in own threads. Raises
    WrongUseError for no questions or a rate that is not above 0.
    """
    starts = poisson_starts_ns(len(questions), per_s, seed)
    with _crew(make, at_once, deadline_s, clock, pool) as crew:
        begin = clock.now_ns()
        asked: list[Future[Request]] = []

        def send(question: Question, intended: int) -> None:
            asked.append(crew.send(question, begin, intended))

        timetable = sched.scheduler(clock.now_ns, lambda ns: clock.wait(ns / NS_PER_S))
        for start, question in zip(starts, questions, strict=True):
            timetable.enterabs(begin + start, 1, send, (question, begin + start))
        timetable.run()
        return _run(asked, begin, clock, f"open loop, {per_s:g} requests/s, Poisson (seed {seed})")


def closed_loop(
    make: MakeAssistant,
    questions: Sequence[Question],
    users: int,
    *,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
    pool: Executor | None = None,
) -> LoadRun:
    """Let `users` users ask every question once between them, with no time to think.

    Latency counts from the sending. make, pool: as in `open_loop`, an assistant for each user. Raises
    WrongUseError for no questions or no users.
    """
    _check(questions=len(questions))
    with _crew(make, users, deadline_s, clock, pool) as crew:
        begin = clock.now_ns()
        asked = [crew.send(question, begin) for question in questions]
        return _run(asked, begin, clock, f"closed loop, users: {users}, think time 0")


def poisson_starts_ns(n: int, per_s: float, seed: int) -> list[int]:
    """When `n` requests are to start, in ns since the run began: exponential gaps, seeded.

    Raises WrongUseError for none, or a rate that is not above 0.
    """
    _check(questions=n, per_s=per_s)
    gaps = np.random.default_rng(seed).exponential(NS_PER_S / per_s, n)
    return np.cumsum(gaps).astype(int).tolist()


@dataclass(frozen=True, slots=True)
class _Crew:
    """The threads that ask, and an assistant for each of them."""

    pool: Executor
    assistants: LifoQueue[Assistant]  # last in, first out: a kept connection stays in use
    deadline_s: float
    clock: Clock

    def send(self, question: Question, begin: int, intended: int | None = None) -> Future[Request]:
        """Ask as soon as a thread is free; times in ns, `intended` None for "when it is sent"."""
        return self.pool.submit(self._ask, question, begin, intended)

    def _ask(self, question: Question, begin: int, intended: int | None) -> Request:
        assistant = self.assistants.get()
        try:
            sent = self.clock.now_ns()
            outcome = clocked(assistant, question, self.deadline_s, self.clock)
        finally:
            self.assistants.put(assistant)
        start = sent if intended is None else intended
        return Request((start - begin) / NS_PER_MS, (sent - start) / NS_PER_MS, outcome)


@contextmanager
def _crew(
    make: MakeAssistant, size: int, deadline_s: float, clock: Clock, pool: Executor | None
) -> Iterator[_Crew]:
    """All assistants are made before the clock starts; what is not sent yet is dropped on Ctrl-C."""
    _check(users=size)
    assistants: LifoQueue[Assistant] = LifoQueue()
    for _ in range(size):
        assistants.put(make())
    threads = pool or ThreadPoolExecutor(size, thread_name_prefix="user")
    try:
        yield _Crew(threads, assistants, deadline_s, clock)
    finally:
        if pool is None:
            threads.shutdown(cancel_futures=True)


def _run(asked: Sequence[Future[Request]], begin: int, clock: Clock, load: str) -> LoadRun:
    requests = tuple(future.result() for future in asked)
    return LoadRun(requests, (clock.now_ns() - begin) / NS_PER_S, load)


def _check(**values: float) -> None:
    """Raises WrongUseError for a value that is not above zero."""
    for name, value in values.items():
        if not value > 0:
            raise WrongUseError(f"Load needs `{name}` above 0, not {value:g}: give more.")

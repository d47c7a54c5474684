"""Load from many users at once: an open loop at a given rate, or a closed loop of N users.

**Open loop**: users are independent, so requests arrive at random times (a Poisson process) whether or
not the last one was answered. Each has an intended start, drawn before the run, and its latency counts
from there: when the assistant stalls, the requests that should have started meanwhile have waited too. A
client that starts the next request only after the last one sends nothing during the stall, and reports a
tail that is too short (G. Tene's "coordinated omission").

**Closed loop**: N users who ask the next question as soon as they have an answer. It shows the most that the
assistant can serve, and never more than N requests wait.
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
from harness.measure.latency.timing import (
    CLOCK,
    DEADLINE_S,
    NS_PER_MS,
    NS_PER_S,
    Clock,
    time_or_fault,
)
from harness.measure.load.goodput import LoadRun, Request

# Requests in flight; more wait for a thread, and that wait counts. At half a second each, the last of 32
# waits 16 s for its answer: an assistant that far behind is overloaded, so a larger limit would show
# nothing new.
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
    """Ask the questions at the times of a Poisson process of `per_s` requests a second on average.

    make: called `at_once` times before the run, because an assistant serves one thread at a time; the caller
    warms the assistants up and closes them. pool: runs the requests, instead of threads of this function.
    Raises WrongUseError if there are no questions or the rate is not above 0.
    """
    starts = poisson_starts_ns(len(questions), per_s, seed)
    with _user_pool(make, at_once, deadline_s, clock, pool) as users:
        begin = clock.now_ns()
        futures: list[Future[Request]] = []

        def send(question: Question, intended: int) -> None:
            futures.append(users.send(question, begin, intended))

        timetable = sched.scheduler(clock.now_ns, lambda ns: clock.wait(ns / NS_PER_S))
        for start, question in zip(starts, questions, strict=True):
            timetable.enterabs(begin + start, 1, send, (question, begin + start))
        timetable.run()
        return _run(
            futures, begin, clock, f"open loop, {per_s:g} requests/s, Poisson (seed {seed})"
        )


def closed_loop(
    make: MakeAssistant,
    questions: Sequence[Question],
    users: int,
    *,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
    pool: Executor | None = None,
) -> LoadRun:
    """Let `users` users share the questions, each asking the next without time to think.

    Every question is asked once; latency counts from when it is sent. make, pool: as in `open_loop`, with one
    assistant for each user. Raises WrongUseError if there are no questions or no users.
    """
    _check(questions=len(questions))
    with _user_pool(make, users, deadline_s, clock, pool) as user_pool:
        begin = clock.now_ns()
        futures = [user_pool.send(question, begin) for question in questions]
        return _run(futures, begin, clock, f"closed loop, users: {users}, think time 0")


def poisson_starts_ns(n: int, per_s: float, seed: int) -> list[int]:
    """Return the intended starts of `n` requests, in ns since the run began, with exponential gaps.

    Raises WrongUseError if `n` or the rate is not above 0.
    """
    _check(questions=n, per_s=per_s)
    gaps = np.random.default_rng(seed).exponential(NS_PER_S / per_s, n)
    return np.cumsum(gaps).astype(int).tolist()


@dataclass(frozen=True, slots=True)
class _UserPool:
    """The threads that ask, and an assistant for each of them."""

    pool: Executor
    assistants: LifoQueue[Assistant]  # last in, first out: an open connection stays in use
    deadline_s: float
    clock: Clock

    def send(self, question: Question, begin: int, intended: int | None = None) -> Future[Request]:
        """Ask as soon as a thread is free. Times are in ns; `intended` None means when it is sent."""
        return self.pool.submit(self._ask, question, begin, intended)

    def _ask(self, question: Question, begin: int, intended: int | None) -> Request:
        assistant = self.assistants.get()
        try:
            sent = self.clock.now_ns()
            outcome = time_or_fault(assistant, question, self.deadline_s, self.clock)
        finally:
            self.assistants.put(assistant)
        start = sent if intended is None else intended
        return Request((start - begin) / NS_PER_MS, (sent - start) / NS_PER_MS, outcome)


@contextmanager
def _user_pool(
    make: MakeAssistant, size: int, deadline_s: float, clock: Clock, pool: Executor | None
) -> Iterator[_UserPool]:
    """Make all assistants before the clock starts; drop the requests not yet sent on Ctrl-C."""
    _check(users=size)
    assistants: LifoQueue[Assistant] = LifoQueue()
    for _ in range(size):
        assistants.put(make())
    threads = pool or ThreadPoolExecutor(size, thread_name_prefix="user")
    try:
        yield _UserPool(threads, assistants, deadline_s, clock)
    finally:
        if pool is None:
            threads.shutdown(cancel_futures=True)


def _run(futures: Sequence[Future[Request]], begin: int, clock: Clock, load: str) -> LoadRun:
    requests = tuple(future.result() for future in futures)
    return LoadRun(requests, (clock.now_ns() - begin) / NS_PER_S, load)


def _check(**values: float) -> None:
    """Raise WrongUseError if a value is not above zero."""
    for name, value in values.items():
        if not value > 0:
            raise WrongUseError(f"A load test needs `{name}` above 0, not {value:g}.")

"""The check of lab 07 for single flight: of several callers at once, one computes and all get the result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass, field

from grader.checks.caching import Model
from grader.exercise.background import outcome, submit
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check
from grader.exercise.exported import RemoteDict, exported
from grader.exercise.randomness import fresh_rng

CALLERS = (4, 8)  # fewest and most at once
WAIT_S = 2.0  # for a thread that should be done at once
LOCK_S = 10.0  # for the lock: longer than everything else in this check

TOGETHER = Exercise("07", 3, "together")


@dataclass
class Barrier:
    """A barrier at which the first `callers` wait for each other, for WAIT_S at most; then it stays open.

    changed: shared by the barriers of one lock, and notified of every arrival.
    """

    callers: int
    changed: threading.Condition
    arrived: int = 0
    open: bool = False

    def wait(self) -> None:
        """Wait until all callers have arrived, or the first of them has waited WAIT_S."""
        with self.changed:
            self.arrived += 1
            self.open |= self.arrived >= self.callers
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.open, WAIT_S)
            self.open = True
            self.changed.notify_all()


@exported("__enter__", "__exit__", "acquire", "release", "locked")
class CountingLock:
    """A lock, and `flights`, the dictionary that it guards, with barriers where code without it goes wrong.

    One is behind a look-up while nobody holds the lock, the other behind the release of the lock: whoever
    passes one without having added a flight continues only after all others have looked up, too.
    """

    def __init__(self, callers: int = 1) -> None:
        self._lock = threading.Lock()
        self._callers, self._changed = callers, threading.Condition()
        self._looked_up, self._released = (Barrier(callers, self._changed) for _ in range(2))
        self.flights = RemoteDict(lambda: self.locked() or self._looked_up.wait())

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock and return True, or return False as `threading.Lock` does, and after LOCK_S at most.

        A call that waits for ever would keep the grader's process from ending.
        """
        wait_s = LOCK_S if timeout < 0 else min(timeout, LOCK_S)
        return self._lock.acquire(blocking, wait_s if blocking else -1)

    def release(self) -> None:
        """Give the lock back. Raises RuntimeError if nobody holds it."""
        self._lock.release()
        self._released.wait()

    def locked(self) -> bool:
        """Return True if somebody holds the lock."""
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def seen(self) -> int:
        """Return how many callers came to a barrier, after waiting for all of them, WAIT_S at most."""

        def most() -> int:
            return max(self._looked_up.arrived, self._released.arrived)

        with self._changed:
            self._changed.wait_for(lambda: most() >= self._callers, WAIT_S)
            return most()

    def __deepcopy__(self, memo: dict) -> CountingLock:
        return self


@dataclass
class Slow:
    """A computation that runs until it is released."""

    error: Exception | None = None
    started: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    calls: int = 0

    def __call__(self) -> str:
        self.calls += 1
        self.started.set()
        self.released.wait(4 * WAIT_S)
        if self.error:
            raise self.error
        return "the answer"


@check
def together(function: Callable[..., str]) -> None:
    """Check that one caller computes while the others wait, and that an error reaches all of them."""
    limits, rng = CallLimits(TOGETHER), fresh_rng()
    lock = CountingLock()
    got = limits.call(function, "k", lock.flights, lock, Model())
    TOGETHER.expect(got, "answer 1", "for a single caller", "the line with `return`")
    for error in (None, ConnectionError("the model is gone")):
        _rush(function, error, rng.randint(*CALLERS))
    TOGETHER.passed("All asked at once, one computed, and other keys did not have to wait.")


def _rush(function: Callable, error: Exception | None, callers: int) -> None:
    lock, slow = CountingLock(callers), Slow(error)
    try:
        calls = [submit(function, "k", lock.flights, lock, slow) for _ in range(callers)]
        if not slow.started.wait(2 * WAIT_S):  # code with its own lock waits at the barrier
            TOGETHER.fail(
                "compute() called by the first", "no call", "the first caller: it computes"
            )
        seen = lock.seen()
        _judge_another_key(function, lock)
        slow.released.set()
        _judge_rush(calls, slow)
        _judge_after(function, lock)
        look = "`with lock`: every caller looks its key up in `flights`, and adds what is missing"
        TOGETHER.expect(min(seen, callers), callers, "callers that look it up", look)
    finally:
        slow.released.set()


def _judge_another_key(function: Callable, lock: CountingLock) -> None:
    quick = Slow()
    quick.released.set()
    submit(function, "another question", lock.flights, lock, quick)
    if not quick.started.wait(WAIT_S):
        TOGETHER.fail(
            "compute() called for another key at the same time",
            "the call waits for the first key",
            "`with lock`: only around the access to `flights`, never around compute() or result()",
        )


def _judge_rush(calls: Sequence[Future], slow: Slow) -> None:
    wait(calls, WAIT_S)
    outcomes = [outcome(call, 0.0) for call in calls]
    if slow.calls != 1:
        TOGETHER.fail(
            f"compute() called once for {len(calls)} callers at once",
            f"{slow.calls} times",
            "look up and add the flight in one `with lock`: between two, others look it up, too",
        )
    wanted = slow.error or "the answer"
    if any(outcome is not wanted and outcome != wanted for outcome in outcomes):
        wrong = next(got for got in outcomes if got is not wanted and got != wanted)
        TOGETHER.fail(
            f"{wanted!r} for all {len(calls)}",
            f"{wrong!r:.80}",
            "set_result or set_exception, always: the callers that wait get the first one's outcome",
        )


def _judge_after(function: Callable, lock: CountingLock) -> None:
    got = outcome(submit(function, "k", lock.flights, lock, Model()), WAIT_S)
    look = "`finally`: remove a finished flight from `flights`, also after an error"
    TOGETHER.expect(got, "answer 1", "for a later request, which computes again", look)

"""The check of lab 07 for single flight: of several callers at once, one computes and all get the result."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from grader.checks.caching import Model
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check
from grader.exercise.exported import RemoteDict, exported

CALLERS = 6
WAIT_S = 2.0  # for a thread that should be done at once
LOCK_S = 10.0  # for the lock: longer than everything else in this check
ARRIVE_S = 0.4  # for the callers to take the lock; some submissions never take it

TOGETHER = Exercise("07", 3, "together")


def submit(function: Callable[..., object], *arguments: object) -> Future:
    """Start the call in a daemon thread, which does not keep the kernel alive if it never ends."""
    future: Future = Future()

    def work() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


@exported("__enter__", "__exit__", "acquire", "release", "locked")
class CountingLock:
    """A lock that counts how often it was taken, and can wait for a count."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self.entered = 0

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock and return True, or return False as `threading.Lock` does, and after LOCK_S at most.

        A call that waits for ever would keep the grader's process from ending.
        """
        wait_s = LOCK_S if timeout < 0 else min(timeout, LOCK_S)
        if not self._lock.acquire(blocking, wait_s if blocking else -1):
            return False
        with self._changed:
            self.entered += 1
            self._changed.notify_all()
        return True

    def release(self) -> None:
        """Give the lock back. Raises RuntimeError if nobody holds it."""
        self._lock.release()

    def locked(self) -> bool:
        """Return True if somebody holds the lock."""
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def wait_for(self, count: int, seconds: float) -> None:
        """Wait until the lock was taken `count` times, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.entered >= count, seconds)

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
        self.released.wait(2 * WAIT_S)
        if self.error:
            raise self.error
        return "the answer"


@check
def together(function: Callable[..., str]) -> None:
    """Check that one caller computes while the others wait, and that an error reaches all of them."""
    limits = CallLimits(TOGETHER)
    got = limits.call(function, "k", RemoteDict(), CountingLock(), Model())
    TOGETHER.expect(got, "answer 1", "for a single caller", "the line with `return`")
    for error in (None, ConnectionError("the model is gone")):
        _rush(function, error)
    TOGETHER.passed(f"{CALLERS} asked, one computed, and other keys did not have to wait.")


def _rush(function: Callable, error: Exception | None) -> None:
    flights, lock, slow = RemoteDict(), CountingLock(), Slow(error)
    try:
        first = submit(function, "k", flights, lock, slow)
        if not slow.started.wait(WAIT_S):
            TOGETHER.fail(
                "compute() called by the first", "no call", "the first caller: it computes"
            )
        others = [submit(function, "k", flights, lock, slow) for _ in range(CALLERS - 1)]
        lock.wait_for(CALLERS, ARRIVE_S)
        _judge_another_key(function, flights, lock)
        slow.released.set()
        _judge_rush([first, *others], slow)
        _judge_after(function, flights, lock)
    finally:
        slow.released.set()


def _judge_another_key(function: Callable, flights: RemoteDict, lock: CountingLock) -> None:
    quick = Slow()
    quick.released.set()
    submit(function, "another question", flights, lock, quick)
    if not quick.started.wait(WAIT_S):
        TOGETHER.fail(
            "compute() called for another key at the same time",
            "the call waits for the first key",
            "`with lock`: only around the access to `flights`, never around compute() or result()",
        )


def _judge_rush(calls: list[Future], slow: Slow) -> None:
    outcomes = [_outcome(call) for call in calls]
    if slow.calls != 1:
        TOGETHER.fail(
            f"compute() called once for {CALLERS} callers at once",
            f"{slow.calls} times",
            "look up and add the flight in one `with lock`: between two, others look it up, too",
        )
    wanted = slow.error or "the answer"
    if any(outcome is not wanted and outcome != wanted for outcome in outcomes):
        wrong = next(got for got in outcomes if got is not wanted and got != wanted)
        TOGETHER.fail(
            f"{wanted!r} for all {CALLERS}",
            f"{wrong!r:.80}",
            "set_result or set_exception, always: the callers that wait get the first one's outcome",
        )


def _outcome(call: Future) -> object:
    try:
        return call.result(WAIT_S)
    except TimeoutError:
        return "still waiting"
    except Exception as error:
        return error


def _judge_after(function: Callable, flights: RemoteDict, lock: CountingLock) -> None:
    got = _outcome(submit(function, "k", flights, lock, Model()))
    look = "`finally`: remove a finished flight from `flights`, also after an error"
    TOGETHER.expect(got, "answer 1", "for a later request, which computes again", look)

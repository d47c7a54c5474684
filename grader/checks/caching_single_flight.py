"""The check of lab 07 for single flight: many ask at once, one computes, and nobody is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

from grader.checks.caching import Model
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.exported import RemoteDict, exported

CALLERS = 6
WAIT_S = 2.0  # for a thread that should come at once
ARRIVE_S = 0.4  # for those who never take the lock: they are waited for no longer

TOGETHER = Exercise("07", 3, "together")


def submit(function: Callable[..., object], *arguments: object) -> Future:
    """The call in a thread of its own, one that does not keep the kernel alive when it never ends."""
    call: Future = Future()

    def work() -> None:
        try:
            call.set_result(function(*arguments))
        except BaseException as error:
            call.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return call


@exported("__enter__", "__exit__")
class Gate:
    """A lock that counts who has been inside, and can wait for them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self.entered = 0

    def __enter__(self) -> None:
        self._lock.acquire()
        with self._changed:
            self.entered += 1
            self._changed.notify_all()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def wait_for(self, count: int, seconds: float) -> None:
        """Until so many have been inside, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self.entered >= count, seconds)

    def __deepcopy__(self, memo: dict) -> Gate:
        return self


@dataclass
class Slow:
    """A computation that is under way until it is released."""

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
    """One computes and the others wait; other keys do not; an error reaches all and blocks nobody."""
    limits = CallLimits(TOGETHER)
    got = limits.call(function, "k", RemoteDict(), Gate(), Model())
    if got != "answer 1":
        TOGETHER.fail("'answer 1' for a lone caller", kind(got), "the line with `return`")
    for error in (None, ConnectionError("the model is gone")):
        _rush(function, error)
    TOGETHER.passed(f"{CALLERS} asked, one computed, and nobody else had to wait.")


def _rush(function: Callable, error: Exception | None) -> None:
    flights, gate, slow = RemoteDict(), Gate(), Slow(error)
    try:
        first = submit(function, "k", flights, gate, slow)
        if not slow.started.wait(WAIT_S):
            TOGETHER.fail("compute() called by the first", "no call", "who is first computes")
        others = [submit(function, "k", flights, gate, slow) for _ in range(CALLERS - 1)]
        gate.wait_for(CALLERS, ARRIVE_S)
        _judge_another_key(function, flights, gate)
        slow.released.set()
        _judge_rush([first, *others], slow)
        _judge_after(function, flights, gate)
    finally:
        slow.released.set()


def _judge_another_key(function: Callable, flights: RemoteDict, gate: Gate) -> None:
    quick = Slow()
    quick.released.set()
    submit(function, "another question", flights, gate, quick)
    if not quick.started.wait(WAIT_S):
        TOGETHER.fail(
            "another question computed meanwhile",
            "it has to wait",
            "`with lock`: only for the look into `flights`, never around compute() or result()",
        )


def _judge_rush(calls: list[Future], slow: Slow) -> None:
    outcomes = [_outcome(call) for call in calls]
    if slow.calls != 1:
        TOGETHER.fail(
            f"compute() called once for {CALLERS} who ask at once",
            f"{slow.calls} times",
            "look and entry in one `with lock`: in between, others look, too",
        )
    wanted = slow.error or "the answer"
    if any(outcome is not wanted and outcome != wanted for outcome in outcomes):
        wrong = next(o for o in outcomes if o is not wanted and o != wanted)
        TOGETHER.fail(
            f"{wanted!r} for all {CALLERS}",
            f"{wrong!r:.80}",
            "set_result or set_exception, always: those who wait get what the first one got",
        )


def _outcome(call: Future) -> object:
    try:
        return call.result(WAIT_S)
    except TimeoutError:
        return "still waiting"
    except Exception as error:
        return error


def _judge_after(function: Callable, flights: RemoteDict, gate: Gate) -> None:
    later = Model()
    got = _outcome(submit(function, "k", flights, gate, later))
    if got != "answer 1":
        TOGETHER.fail(
            "a request that comes later computes again",
            f"{got!r:.80}",
            "`finally`: a flight that has landed leaves `flights`, also after an error",
        )

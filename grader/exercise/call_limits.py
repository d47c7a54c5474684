"""An eye on a learner's function: that it ends, that it keeps its voice down, that its input stays as it is.

`Exercise.call` says what a function raised. A function that never comes back raises nothing, one that prints
in an endless loop fills the notebook, and one that changes its input breaks whoever calls it next.
"""

from __future__ import annotations

import copy
import ctypes
import io
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from types import CodeType
from typing import Protocol

import numpy as np

from grader.exercise.exercise import Exercise

TIMEOUT_S = 8.0  # of a whole check; those that pass need less than a second
MOST_CHARS = 20_000  # of a whole check: some hundred lines, more than anybody reads


class OutOfTimeError(BaseException):
    """Not an Exception: a learner's `except Exception` should not catch it."""


class OutputLimitError(BaseException):
    """More was printed than anybody reads; no Exception for the same reason."""


class RemoteOutputLimitError(RuntimeError):
    """The same, in another process: over here nobody has to be kept from catching it."""


class UncopiedGenerator(np.random.Generator):
    """NumPy's generator, but a copy of it is itself: a check copies its inputs, and dice have to roll on."""

    def __deepcopy__(self, memo: dict) -> UncopiedGenerator:
        return self


@dataclass
class CallLimits:
    """The eye on one check: every call of it shares the same patience.

    left_s: seconds, left_chars: characters that may still be printed.
    """

    exercise: Exercise
    left_s: float = field(default_factory=lambda: TIMEOUT_S)
    left_chars: float = MOST_CHARS

    def call(
        self,
        function: Callable[..., object],
        *arguments: object,
        then: Callable[[object], object] = lambda result: result,
    ) -> object:
        """What the function returns, after `then`, which may for instance exhaust an iterator.

        Raises CheckFailed for whatever `Exercise.call` does, and for a function that does not end, prints
        without end or changes what it was given.
        """
        if not callable(function):
            return self.exercise.call(function, *arguments)
        watched = _LimitedCall(lambda *given: then(function(*given)), self, _code(function))
        return self.exercise.call(watched, *arguments)

    def each(
        self, function: Callable[..., object], firsts: Sequence[object], *others: object
    ) -> list[object]:
        """function(first, *others) for each of `firsts`, watched once: for thousands of short calls."""
        if not callable(function):
            self.exercise.call(function)
        every = _LimitedCall(
            getattr(function, "each", None)
            or (lambda many, *given: [function(one, *given) for one in many]),
            self,
            _code(function),
        )
        return self.exercise.call(every, firsts, *others)


def names_in(function: Callable[..., object]) -> Sequence[str]:
    """The names that the code of `function` mentions."""
    asked = getattr(function, "names", None)  # a stand-in for one in another process
    return asked() if asked else getattr(_code(function), "co_names", ())


def _code(function: Callable[..., object]) -> CodeType | None:
    return getattr(function, "__code__", None)


@dataclass
class _LimitedCall:
    """What `Exercise.call` calls; `__code__` is the learner's, so that a line of it can be named."""

    function: Callable[..., object]
    limits: CallLimits
    __code__: CodeType | None

    def __call__(self, *arguments: object) -> object:
        before, exercise = copy.deepcopy(arguments), self.limits.exercise
        try:
            with _time_limit(self.limits), _limited_output(self.limits):
                result = self.function(*arguments)
        except OutOfTimeError:
            exercise.fail(
                f"an end within {TIMEOUT_S:g} s",
                "a function that is still running",
                "loops that wait for something that never comes",
            )
        except (OutputLimitError, RemoteOutputLimitError):
            exercise.fail(
                f"at most {MOST_CHARS:,} characters of print",
                "more of them than anybody reads",
                "`print` inside a loop: take it out again",
            )
        if not _same(arguments, before):
            exercise.fail(
                "an input that stays as it was",
                "an input that the function has changed",
                "pop, sort, append, += or an assignment to an item of an argument",
            )
        return result


@contextmanager
def _time_limit(limits: CallLimits) -> Iterator[None]:
    """Inside the block, OutOfTimeError is raised once the patience is used up."""
    start = time.perf_counter()
    with _alarm(max(limits.left_s, 0.001)):  # an alarm in 0 s would be none
        yield
    limits.left_s -= time.perf_counter() - start


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
        with _alarm_by_thread(seconds):
            yield
        return
    handler = signal.signal(signal.SIGALRM, _ring)
    others, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # somebody's limit around this one
    start = time.perf_counter()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if others:
            left = others - (time.perf_counter() - start)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))


def _ring(*_: object) -> None:
    raise OutOfTimeError


@contextmanager
def _alarm_by_thread(seconds: float) -> Iterator[None]:
    """Where there are no signals: stops loops, but not a call that waits in C."""
    target = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    timer = threading.Timer(seconds, raise_in, (target, ctypes.py_object(OutOfTimeError)))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def _limited_output(limits: CallLimits) -> Iterator[None]:
    """Inside the block, TooLoudError is raised for more text than the watch allows."""
    voice = LimitedStdout(limits, sys.stdout)
    with redirect_stdout(voice), redirect_stderr(voice):
        yield


class OutputBudget(Protocol):
    """left_chars: what may still be printed."""

    left_chars: float


@dataclass
class LimitedStdout(io.TextIOBase):
    """Passes text on for as long as there is breath. Raises TooLoudError."""

    budget: OutputBudget
    to: io.TextIOBase

    def write(self, text: str) -> int:
        self.budget.left_chars -= len(text)
        if self.budget.left_chars < 0:
            raise OutputLimitError
        return self.to.write(text)

    def flush(self) -> None:
        self.to.flush()

    def fileno(self) -> int:
        return self.to.fileno()

    @property
    def encoding(self) -> str | None:
        return self.to.encoding


def _same(a: object, b: object) -> bool:
    """Equal in value, arrays included; what has no values to compare is taken as unchanged."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and np.array_equal(a, b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict | set | str | bytes | int | float):
        return a == b
    return True

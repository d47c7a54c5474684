"""Alarms that interrupt a learner's code, and a stdout that takes a limited amount of text."""

from __future__ import annotations

import ctypes
import io
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

AGAIN_S = 0.01  # a frame that is read at once is written in less
MOST_CHARS = 20_000  # for a whole check: some hundred lines, more than a learner would read


class OutOfTimeError(BaseException):
    """The time is used up. Not an Exception, so that a learner's `except Exception` does not catch it."""


class OutputLimitError(BaseException):
    """More than MOST_CHARS characters were printed. Not an Exception, for the same reason."""


class RemoteOutputLimitError(RuntimeError):
    """An OutputLimitError of the learner's process, in the referee, where no learner's code can catch it."""


@contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise OutOfTimeError inside the block after `seconds`. An alarm that the caller has set still rings."""
    in_main = threading.current_thread() is threading.main_thread()
    by_signal = in_main and hasattr(signal, "setitimer")
    with _alarm_by_signal(seconds) if by_signal else _alarm_by_thread(seconds):
        yield


@contextmanager
def _alarm_by_signal(seconds: float) -> Iterator[None]:
    handler = signal.signal(signal.SIGALRM, _ring)
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds)  # an alarm set by the caller, or 0
    start = time.perf_counter()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if outer:
            left = outer - (time.perf_counter() - start)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))


def _ring(*_: object) -> None:
    if not postponed():
        raise OutOfTimeError


def postponed() -> bool:
    """Return True if the main thread blocks SIGALRM, and let the alarm ring again after AGAIN_S.

    The kernel delivers a signal that one thread blocks to another, and Python runs its handler in the main
    thread all the same: an exception of the handler would then interrupt what the block protects.
    """
    blocked = signal.SIGALRM in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if blocked:
        signal.setitimer(signal.ITIMER_REAL, AGAIN_S)
    return blocked


@contextmanager
def _alarm_by_thread(seconds: float) -> Iterator[None]:
    """Set an alarm where there are no signals; it stops Python loops, but not a call that waits in C."""
    target = ctypes.c_ulong(threading.get_ident())
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc
    timer = threading.Timer(seconds, raise_in, (target, ctypes.py_object(OutOfTimeError)))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class OutputBudget(Protocol):
    """An object with `left_chars`: how many characters may still be printed."""

    left_chars: float


@dataclass
class LimitedStdout(io.TextIOBase):
    """A text stream that passes text on to `to`, and raises OutputLimitError when the budget is used up."""

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

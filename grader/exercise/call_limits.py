"""Limits on the time and output of a learner's function, and a check that it leaves its arguments unchanged.

`Exercise.call` reports what a function raises. A function that never returns raises nothing, one that prints
in an endless loop fills the notebook, and one that modifies its arguments breaks later calls.
"""

from __future__ import annotations

import copy
import dis
import inspect
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import partial
from types import CodeType, FunctionType

import numpy as np

from grader.exercise.exercise import Exercise
from grader.exercise.time_and_output import (
    MOST_CHARS,
    LimitedStdout,
    OutOfTimeError,
    OutputLimitError,
    RemoteOutputLimitError,
    alarm,
)

TIMEOUT_S = 8.0  # for a whole check; checks that pass need less than a second
# Times TIMEOUT_S for a function in another process: each item of an iterator is then a message there and
# back, and with nine busy programs for two cores honest work took longer than TIMEOUT_S. A single call, and
# all calls of a check, have limits of their own in the session.
PATIENCE = 4
GLOBAL_LOADS = ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME", "IMPORT_FROM")  # of CPython's bytecode


class UncopiedGenerator(np.random.Generator):
    """A NumPy generator whose deep copy is itself: checks copy their inputs, and its state has to move on."""

    def __deepcopy__(self, memo: dict) -> UncopiedGenerator:
        return self


@dataclass
class CallLimits:
    """The limits of one check, which all calls in it share.

    left_s: the seconds that are left, of limit_s; left_chars: the characters that may still be printed.
    keep: True if arguments have to stay unchanged; False if a function may use them up, as a queue of jobs.
    patience: times the limit for a function in another process; 1 where time tells a wrong answer.
    ran_out: True once a call was stopped because its time was used up.
    """

    exercise: Exercise
    keep: bool = True
    left_s: float = field(default_factory=lambda: TIMEOUT_S)
    left_chars: float = MOST_CHARS
    patience: float = PATIENCE
    limit_s: float = field(init=False)
    ran_out: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.limit_s = self.left_s

    def call(
        self,
        function: Callable[..., object],
        *arguments: object,
        then: Callable[[object], object] = lambda result: result,
    ) -> object:
        """Return then(function(*arguments)); `then` may for instance exhaust an iterator.

        Raises CheckFailed for whatever `Exercise.call` does, and if the function exceeds the limits on time
        or output, or modifies its arguments.
        """
        if not callable(function):
            return self.exercise.call(function, *arguments)
        limited = _LimitedCall(
            lambda *copies: then(function(*copies)), self, *self._traits(function)
        )
        return self.exercise.call(limited, *arguments)

    def each(
        self,
        function: Callable[..., object],
        items: Sequence[object],
        *others: object,
        place: int = 0,
    ) -> list[object]:
        """Return the results for each of `items` as the argument at `place`, limited as one call."""
        if not callable(function):
            self.exercise.call(function)
        # A function in another process has `each`, which needs one request for all calls.
        loop = partial(getattr(function, "each", partial(for_each, function)), place)
        return self.exercise.call(_LimitedCall(loop, self, *self._traits(function)), items, *others)

    def _traits(self, function: Callable[..., object]) -> tuple[CodeType | None, float]:
        """Return a function's code, if it is known, and how many times the limit it has."""
        elsewhere = hasattr(function, "restarted")  # a function in another process
        return _code(function), self.patience if elsewhere else 1

    def restarted(self, function: Callable[..., object]) -> object:
        """Return the learner's function as a second process has it, which has seen no call of this check.

        In a notebook, whose cells run only once, it is `function`. Raises CheckFailed if it is not there.
        """
        restarted = getattr(function, "restarted", None)  # of a function in another process
        name = self.exercise.name
        try:
            return restarted(name) if restarted else function
        except KeyError:
            self.exercise.fail(
                f"{name} after the same cells in a new process",
                "no such name",
                "the cells before it: do they run from top to bottom, more than once?",
            )


def for_each(
    function: Callable[..., object], place: int, items: Sequence[object], *others: object
) -> list[object]:
    """Return what `function` returns for `others` with each of `items` before the one at `place`."""
    before, after = others[:place], others[place:]
    return [function(*before, item, *after) for item in items]


def names_in(function: Callable[..., object]) -> Sequence[str]:
    """Return the built-in and imported names that `function` uses.

    Members of objects and functions of the same notebook do not count: a learner's own may have any name.
    """
    names = getattr(function, "names", None)  # of a function in another process
    if names:
        return names()
    code = _code(function)
    if not isinstance(code, CodeType):
        return ()
    used = {step.argval for step in dis.get_instructions(code) if step.opname in GLOBAL_LOADS}
    own = {name for name, value in function.__globals__.items() if isinstance(value, FunctionType)}
    return sorted(used - own)


def _code(function: Callable[..., object]) -> CodeType | None:
    return getattr(inspect.unwrap(function), "__code__", None)


@dataclass
class _LimitedCall:
    """A callable for `Exercise.call`; `__code__` is the learner's, so that messages can name a line of it.

    patience: times the usual limit on time.
    """

    function: Callable[..., object]
    limits: CallLimits
    __code__: CodeType | None
    patience: float

    def __call__(self, *arguments: object) -> object:
        before, exercise = copy.deepcopy(arguments), self.limits.exercise
        try:
            with _time_limit(self.limits, self.patience), _limited_output(self.limits):
                result = self.function(*arguments)
        except OutOfTimeError:
            self.limits.ran_out = True
            exercise.fail(
                f"your function to return within {self.limits.limit_s * self.patience:g} s",
                "a function that is still running",
                "loops whose condition never becomes false, and calls that wait forever",
            )
        except (OutputLimitError, RemoteOutputLimitError):
            exercise.fail(
                f"at most {MOST_CHARS:,} characters of output",
                f"more than {MOST_CHARS:,}",
                "`print` inside a loop: remove it",
            )
        if self.limits.keep and not _same(arguments, before):
            exercise.fail(
                "arguments that your function leaves unchanged",
                "an argument that your function has changed",
                "pop, sort, append, += or an assignment to an item of an argument: work on a copy",
            )
        return result


@contextmanager
def _time_limit(limits: CallLimits, patience: float) -> Iterator[None]:
    """Raise OutOfTimeError inside the block once `patience` times the time that is left is used up.

    A block that raises takes nothing of it, so that the other parts of a check still have theirs.
    """
    start = time.perf_counter()
    with alarm(patience * max(limits.left_s, 0.001)):  # setitimer(0) would switch the alarm off
        yield
    limits.left_s -= (time.perf_counter() - start) / patience


@contextmanager
def _limited_output(limits: CallLimits) -> Iterator[None]:
    """Raise OutputLimitError inside the block once more text is written than the limits allow."""
    output = LimitedStdout(limits, sys.stdout)
    with redirect_stdout(output), redirect_stderr(output):
        yield


def _same(a: object, b: object) -> bool:
    """Return True if a and b are equal by value, arrays included; other objects count as unchanged."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and np.array_equal(a, b)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(_same, a.values(), b.values()))
    if isinstance(a, set | str | bytes | int | float):
        return a == b or a != a  # a NaN is not equal to itself
    return True

"""How a check speaks: expected, got, where to look, in one block and without a traceback."""

from __future__ import annotations

import copy
import math
import sys
import textwrap
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from numbers import Real
from typing import NoReturn, ParamSpec, TypeVar

from grader.exercise.stderr_to_stdout import stderr_to_stdout

P = ParamSpec("P")
R = TypeVar("R")

WIDTH = 78  # `nbgrader validate` cuts lines at 87 characters


class CheckFailed(AssertionError):  # noqa: N818 (the name is what a learner reads: a verdict, not a crash)
    """A check that did not pass; its text says expected, got, and where to look."""

    def __init__(self, title: str, expected: str, got: str, look: str) -> None:
        rows = [("expected", expected), ("got", got), ("look at", look)]
        super().__init__("\n".join([title, *(_row(label, text) for label, text in rows)]))

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a traceback: the stack of a check helps nobody."""
        return str(self).splitlines()


def _row(label: str, text: str) -> str:
    return textwrap.fill(
        text,
        WIDTH,
        initial_indent=f"  {label:<10}",
        subsequent_indent=" " * 12,
        break_long_words=False,
    )


def check(function: Callable[P, R]) -> Callable[P, R]:
    """Make `function` a check: whatever it or the learner's code writes to stderr costs nothing."""

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with stderr_to_stdout():
            return function(*args, **kwargs)

    return wrapped


def say(line: str) -> None:
    """Print a line below the check cell; returned, nbgrader would read it as a score."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise of a lab, as its messages name it; number 0 is not an exercise but a guess."""

    lab: str
    number: int
    name: str

    def __str__(self) -> str:
        what = f"exercise {self.number} ({self.name})" if self.number else self.name
        return f"Lab {self.lab}, {what}"

    def fail(self, expected: str, got: str, look: str) -> NoReturn:
        """Raise CheckFailed."""
        raise CheckFailed(f"{self}: not yet.", expected, got, look)

    def passed(self, remark: str) -> None:
        """Say that it passed, with a remark worth reading."""
        say(f"{self}: passed. {remark}")

    def call(self, function: Callable[..., object], *arguments: object) -> object:
        """What the learner's function returns for copies of `arguments`.

        Raises CheckFailed for an empty exercise, for what is no function, and for any error.
        """
        if not callable(function):
            self.fail(
                f"a function {self.name}(...)",
                f"{function!r:.60}",
                f"the cell that defines it: does a later line give another meaning to {self.name}?",
            )
        try:
            return function(*copy.deepcopy(arguments))
        except CheckFailed:
            raise  # a forbidden short cut, which explains itself
        except NotImplementedError as empty:
            raise self._empty(empty) from None
        except (Exception, SystemExit) as error:
            self.fail(
                f"{self.name}(...) returns a value",
                f"{type(error).__name__}: {error}",
                _place(error, function),
            )

    def _empty(self, empty: NotImplementedError) -> CheckFailed:
        title = str(empty) or f"{self} is still empty."
        return CheckFailed(
            title,
            "a value",
            "NotImplementedError: nobody has written it yet",
            "the gap marked `# Your turn.`: fill it, run that cell, then this one again",
        )

    def finite(self, value: object, what: str) -> float:
        """`value` as a finite float. Raises CheckFailed for anything else."""
        if value is None or value is ...:
            self.fail(
                f"a number for {what}", f"{value}", "whether a number or a `return` is missing"
            )
        if isinstance(value, bool) or not isinstance(value, Real):
            self.fail(f"a plain number for {what}", kind(value), "what is put there or returned")
        if not math.isfinite(value):
            self.fail(f"a finite number for {what}", f"{value}", "divisions by zero or by infinity")
        return float(value)


def kind(value: object) -> str:
    """`value` as a short text with its type, such as "'generate' (str)"."""
    return f"{value!r:.80} ({type(value).__name__})"


def ms(value: float) -> str:
    """A duration for a message, such as "212.0 ms"."""
    return f"{value:,.1f} ms"


def close(got: float, expected: float) -> bool:
    """Equal to within 0.1 ms: rounding to one decimal is welcome."""
    return abs(got - expected) <= 0.1


def score(out_of: float, *parts: tuple[float, Callable[[], None]]) -> float:
    """Points for the parts that pass, as a plain float: nbgrader reads partial credit only so.

    Each part is its share of `out_of` and a test that raises CheckFailed. Failures are said; when
    no part passes, the first one is raised.
    """
    failures, earned = [], 0.0
    for share, part in parts:
        try:
            part()
            earned += share
        except CheckFailed as failed:
            failures.append(failed)
    if len(failures) == len(parts):
        raise failures[0]
    points = float(round(out_of * earned, 2))
    for failed in failures:
        say(f"{failed}\n{points:g} of {out_of:g} points so far.")
    return points


def _place(error: BaseException, function: Callable[..., object]) -> str:
    """The line of the learner's cell that raised `error`."""
    frames = traceback.extract_tb(error.__traceback__)
    code = getattr(function, "__code__", None)
    here = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not here:
        return "the call itself: does the function take the arguments that the exercise names?"
    return f"line {here[-1].lineno} of your cell: {here[-1].line}"

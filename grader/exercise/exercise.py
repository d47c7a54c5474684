"""The messages of a check: expected, got and what to look at, in one block and without a traceback."""

from __future__ import annotations

import copy
import math
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from numbers import Real
from types import UnionType
from typing import NoReturn, ParamSpec, TypeVar

import numpy as np

from grader.exercise.own_work import withheld
from grader.exercise.stderr_to_stdout import stderr_to_stdout
from harness.learner.attempts import record_in_notebook

P = ParamSpec("P")
R = TypeVar("R")
Value = TypeVar("Value")

IN_A_CELL = " of the cell: "  # in the text of an error that comes from the learner's process
EMPTY_EXERCISE = re.compile(r"exercise (\d+)\b")  # in the error that an empty exercise raises
WIDTH = 78  # `nbgrader validate` cuts lines at 87 characters


class CheckFailed(AssertionError):  # noqa: N818 (learners read this name: a result, not a crash)
    """A check that did not pass; its text says what was expected, what it got and what to look at."""

    def __init__(self, title: str, expected: str, got: str, look: str) -> None:
        rows = [("expected", expected), ("got", got), ("look at", look)]
        super().__init__("\n".join([title, *(_row(label, text) for label, text in rows)]))

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython shows instead of a traceback, which would not help a learner."""
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
    """Make `function` a check, whose result in a notebook is remembered.

    Text that it or the learner's code writes to stderr costs no points.
    """

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        with stderr_to_stdout():
            try:
                result = function(*args, **kwargs)
            except CheckFailed:
                _remember(function.__name__, kwargs, 0.0)
                raise
            _remember(function.__name__, kwargs, _share(result, kwargs))
            return result

    return wrapped


def _share(result: object, options: Mapping[str, object]) -> float:
    """Return the share of the points that a check has given, 1 for one without partial credit."""
    out_of = options.get("out_of")
    return result / out_of if out_of and isinstance(result, Real) else 1.0


def _remember(name: str, options: Mapping[str, object], share: float) -> None:
    if note := record_in_notebook(name, options, share):
        say(note)


def say(line: str) -> None:
    """Print a line below the check cell; nbgrader would read a returned value as a score."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Unit:
    """How messages show a number, and how far a learner's number may be off.

    form: a format string such as "{:.2f}"; within: the absolute tolerance; relative: the tolerance as a
    share of the right number, which is added to it.
    """

    form: str
    within: float
    relative: float = 0.0

    def near(self, got: float, wanted: float) -> bool:
        """Return True if `got` equals `wanted` within the tolerance."""
        return abs(got - wanted) <= self.within + self.relative * abs(wanted)


MS = Unit("{:,.1f} ms", 0.1)  # answers may be rounded to one decimal
TWO_DECIMALS = Unit("{:.2f}", 0.005)  # shares and factors: answers may be rounded to two decimals


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise of a lab, as its messages name it; number 0 stands for the lab's prediction."""

    lab: str
    number: int
    name: str

    def __str__(self) -> str:
        what = f"exercise {self.number} ({self.name})" if self.number else self.name
        return f"Lab {self.lab}, {what}"

    def fail(self, expected: str, got: str, look: str) -> NoReturn:
        """Raise CheckFailed with these three rows."""
        raise CheckFailed(f"{self}: not yet.", expected, got, look)

    def expect(
        self,
        got: object,
        wanted: object,
        where: str,
        look: str | Callable[..., str],
        *details: object,
        unit: Unit | None = None,
    ) -> None:
        """Raise CheckFailed unless `got` equals `wanted`, or is near it if they are numbers in a `unit`.

        The message says that `wanted` was expected `where`, for example "for 12 requests". `look` is the
        hint, or a function that is called only on failure, as look(got, *details), and returns it.
        """
        got = plain(got)
        if not unit.near(got, wanted) if unit else got != wanted:
            shown = unit.form.format(wanted) if unit else f"{wanted!r:.160}"
            self.fail(
                f"{shown} {where}",
                unit.form.format(got) if unit else kind(got),
                look if isinstance(look, str) else look(got, *details),
            )

    def returned(
        self,
        value: Value,
        kinds: type | UnionType,
        what: str,
        n: int | None = None,
        look: str = "the line with `return`",
    ) -> Value:
        """Return `value` if it is an instance of `kinds` and, where `n` is given, has n items.

        Raises CheckFailed otherwise. A string counts as a sequence or iterable only if `kinds` is str.
        """
        given, value = value, plain(value)
        text = isinstance(value, str) and kinds is not str
        if text or not isinstance(value, kinds) or (n is not None and len(value) != n):
            self.fail(what, kind(given), look)
        return value

    def passed(self, remark: str) -> None:
        """Print that the exercise passed, with a remark worth reading."""
        say(f"{self}: passed. {remark}")

    def call(self, function: Callable[..., object], *arguments: object) -> object:
        """Return what the learner's function returns for deep copies of `arguments`.

        Raises CheckFailed if the exercise is still empty, `function` is not callable, or it raises any error.
        """
        if not callable(function):
            self.fail(
                f"a function {self.name}(...)",
                f"{function!r:.60}",
                f"the cell that defines it: does a later line assign something else to {self.name}?",
            )
        try:
            with withheld(self.lab):
                return function(*copy.deepcopy(arguments))
        except CheckFailed:
            raise  # a forbidden shortcut whose message explains itself
        except NotImplementedError as error:
            raise self._empty(str(error)) from None
        except (Exception, SystemExit) as error:
            self.fail(
                f"{self.name}(...) returns a value",
                f"{type(error).__name__}: {error}",
                _place(error, function),
            )

    def _empty(self, text: str) -> CheckFailed:
        """Return what says that this exercise is empty, or another one that it calls.

        Of the error's own words, which a learner may have written, only that one's number is used.
        """
        called = EMPTY_EXERCISE.search(text)
        if called and int(called[1]) != self.number:
            return CheckFailed(
                f"{self}: not yet.",
                "a value",
                f"NotImplementedError: your function calls exercise {called[1]}, which is still empty",
                f"exercise {called[1]}: fill its gap, run that cell, then run this one again",
            )
        return CheckFailed(
            f"{self} is still empty, or runs on to the `raise` in its last line.",
            "a value",
            "NotImplementedError: the exercise is still empty",
            "the gap marked `# Your turn.`: fill it, run that cell, then run this one again",
        )

    def finite(
        self, value: object, what: str, look: str = "divisions by zero or by infinity"
    ) -> float:
        """Return `value` as a finite float. Raises CheckFailed for anything else.

        look: what to look at if it is infinite or no number.
        """
        value = plain(value)
        if value is None or value is ...:
            self.fail(
                f"a number for {what}", f"{value}", "whether a number or a `return` is missing"
            )
        if isinstance(value, bool) or not isinstance(value, Real):
            self.fail(
                f"a plain number for {what}", kind(value), "the value that you return or store"
            )
        if not math.isfinite(value):
            self.fail(f"a finite number for {what}", f"{value}", look)
        return float(value)


def plain(value: object) -> object:
    """Return an array as a list, a number of NumPy as a plain one, and anything else as it is."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def kind(value: object) -> str:
    """Return `value` as a short text with its type, such as "'generate' (str)"."""
    return f"{value!r:.80} ({type(value).__name__})"


def ms(value: float) -> str:
    """Return a duration as text for a message, such as "212.0 ms"."""
    return MS.form.format(value)


def close(got: float, expected: float) -> bool:
    """Return True if two durations are equal to within 0.1 ms."""
    return MS.near(got, expected)


def hint(got: float, mistakes: Mapping[str, float], otherwise: str, unit: Unit = MS) -> str:
    """Return the hint of the known mistake that leads to `got`.

    mistakes: what to look at -> the number that this mistake gives. Of several near `got`, the nearest
    counts; without any, `otherwise` is returned.
    """
    look = min(mistakes, key=lambda text: abs(mistakes[text] - got))
    return look if unit.near(got, mistakes[look]) else otherwise


def explanation(
    slips: Mapping[str, Callable[..., object]], answers: Sequence[tuple[tuple, object]]
) -> str:
    """Return what to look at for the mistake that gives all `answers`, or an empty text if there is none.

    slips: what to look at -> the function with this mistake. answers: (arguments, what the learner's function
    returned for them). A single answer often fits several mistakes.
    """
    fits = (
        look for look, slip in slips.items() if all(slip(*case) == got for case, got in answers)
    )
    return next(fits, "")


def score(out_of: float, *parts: tuple[float, Callable[[], None]]) -> float:
    """Return the points for the parts that pass, as a plain float, which nbgrader needs for partial credit.

    Each part is (share, test): a fraction of `out_of`, and a function that raises CheckFailed. Failures are
    printed. If no part passes, the first failure is raised.
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


LOOK_AT_ERROR = {
    NameError: "the name: is it spelled as where it is defined, and has that cell run?",
    ImportError: "the import: is the name spelled right, and is the package one of this course's?",
    TypeError: "the call itself: does your function take the arguments that the exercise names?",
}


def _place(error: BaseException, function: Callable[..., object]) -> str:
    """Return the line of the learner's cell that raised `error`, or what such an error usually means."""
    frames = traceback.extract_tb(error.__traceback__)
    code = getattr(function, "__code__", None)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if own:
        return f"line {own[-1].lineno} of your cell: {own[-1].line}"
    if IN_A_CELL in str(error) and isinstance(error, TypeError):
        return "that line, and the types of the values in it"
    looks = (look for kind, look in LOOK_AT_ERROR.items() if isinstance(error, kind))
    return next(looks, "what your function does with this input: call it so in a cell of its own")

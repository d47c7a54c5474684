"""Encoding of exceptions between the referee and a learner's process, by the names of their classes.

Only built-in classes and KNOWN_ERRORS are named, because the other end knows no others.
"""

from __future__ import annotations

import builtins
import traceback

from grader.exercise.exercise import CheckFailed
from grader.exercise.time_and_output import MOST_CHARS, RemoteOutputLimitError
from grader.exercise.traces import REFUSALS
from grader.remote.codec import encode
from grader.remote.framing import MOST_KINDS, MOST_TEXT, Failure

KNOWN_ERRORS = ("CheckFailed", "OutputLimitError")


class RelayedCheckFailed(CheckFailed):
    """A CheckFailed of the learner's process, with one of the texts that such a process may give."""

    def __init__(self, text: str) -> None:
        AssertionError.__init__(self, text)


def to_failure(error: BaseException) -> Failure:
    """Encode `error` with the names of its built-in classes and of KNOWN_ERRORS."""
    names = [kind.__name__ for kind in type(error).__mro__]
    known = [name for name in names if _builtin(name) or name in KNOWN_ERRORS][:MOST_KINDS]
    text = _text(error) if known[0] == names[0] else f"{names[0]}: {_text(error)}"
    export_id = getattr(error, "_export_id", None)
    return Failure(
        kinds=known,
        text=text[:MOST_TEXT],
        place=_place(error)[:MOST_TEXT],
        export_id=export_id if isinstance(export_id, int) else None,
    )


def to_exception(failure: Failure) -> BaseException:
    """Return a known verdict, an output-limit error or the nearest built-in exception, with `export_id`."""
    error = _nearest(failure)
    if failure.export_id is not None:
        error._export_id = failure.export_id
    return error


def _nearest(failure: Failure) -> BaseException:
    is_unsolved = failure.kinds[:1] == ["NotImplementedError"]  # its message names the exercise
    add_place = failure.place and not is_unsolved
    text = f"{failure.text} ({failure.place})" if add_place else failure.text
    # With other words it is an error like any other: nobody else's words are a verdict.
    if failure.kinds[:1] == ["CheckFailed"] and failure.text in REFUSALS:
        return RelayedCheckFailed(failure.text)
    if failure.kinds[:1] == ["OutputLimitError"]:
        return RemoteOutputLimitError(f"More than {MOST_CHARS:,} characters of output.")
    for name in failure.kinds:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            try:
                return kind(text)
            # The class takes other arguments: use its base class, and name it in the text.
            except TypeError:
                text = f"{name}: {text}"
    return RuntimeError(f"{failure.kinds[0]}: {text}" if failure.kinds else text)


def _text(error: BaseException) -> str:
    try:
        return str(encode(str(error)))
    except Exception:  # a learner's __str__ may raise anything
        return "(no message)"


def _builtin(name: str) -> bool:
    return isinstance(getattr(builtins, name, None), type)


def _place(error: BaseException) -> str:
    """Return the last line of a cell in the traceback of `error`, or ""."""
    frames = traceback.extract_tb(error.__traceback__)
    in_cells = [f for f in frames if "ipython-input" in f.filename or f.filename == "<cell>"]
    return f"line {in_cells[-1].lineno} of the cell: {in_cells[-1].line}" if in_cells else ""

"""Exceptions on their way between the referee and a learner's process, as the built-in ones they are."""

from __future__ import annotations

import builtins
import traceback

from grader.exercise.call_limits import MOST_CHARS, RemoteOutputLimitError
from grader.exercise.exercise import CheckFailed
from grader.remote.codec import encode
from grader.remote.framing import MOST_TEXT, Failure

OURS = ("CheckFailed", "TooLoudError")
MOST_KINDS = 20  # classes above an error's own


class RelayedCheckFailed(CheckFailed):
    """A check that failed over there, with its text as it was."""

    def __init__(self, text: str) -> None:
        AssertionError.__init__(self, text)


def failure(error: BaseException) -> Failure:
    """`error` as it travels; the built-in classes only, since the other end knows no others."""
    names = [kind.__name__ for kind in type(error).__mro__]
    known = [name for name in names if _builtin(name) or name in OURS][:MOST_KINDS]
    text = _text(error) if known[0] == names[0] else f"{names[0]}: {_text(error)}"
    lent = getattr(error, "_lent", None)
    return Failure(
        kinds=known,
        text=text[:MOST_TEXT],
        place=_place(error)[:MOST_TEXT],
        lent=lent if isinstance(lent, int) else None,
    )


def raised(failure: Failure) -> BaseException:
    """The nearest built-in exception; it remembers its number, if it has one."""
    error = _nearest(failure)
    if failure.lent is not None:
        error._lent = failure.lent
    return error


def _nearest(failure: Failure) -> BaseException:
    empty = failure.kinds[:1] == ["NotImplementedError"]  # says itself where it is
    text = f"{failure.text} ({failure.place})" if failure.place and not empty else failure.text
    if failure.kinds[:1] == ["CheckFailed"]:
        return RelayedCheckFailed(failure.text)
    if failure.kinds[:1] == ["TooLoudError"]:
        return RemoteOutputLimitError(f"It printed more than {MOST_CHARS:,} characters.")
    for name in failure.kinds:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception):
            try:
                return kind(text)
            except TypeError:  # one that wants more than a text: the next wider one, with its name
                text = f"{name}: {text}"
    return RuntimeError(f"{failure.kinds[0]}: {text}" if failure.kinds else text)


def _text(error: BaseException) -> str:
    try:
        return str(encode(str(error)))
    except Exception:  # an error that cannot even be shown
        return "(it has no text)"


def _builtin(name: str) -> bool:
    return isinstance(getattr(builtins, name, None), type)


def _place(error: BaseException) -> str:
    """The last line of a cell on the way to `error`, or ""."""
    frames = traceback.extract_tb(error.__traceback__)
    here = [one for one in frames if "ipython-input" in one.filename or one.filename == "<cell>"]
    return f"line {here[-1].lineno} of the cell: {here[-1].connection}" if here else ""

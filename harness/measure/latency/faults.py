"""The faults that an assistant can have while it answers, each with a name.

A request with a fault has no time: the result names the fault instead.

**When has the answer changed?** Text that the user has read must not change. The final text must therefore be
the beginning of what was streamed, word for word: post-processing may cut off the end and nothing else. White
space does not count, nor does a citation mark like "[2] " at the very start: it is a pointer for the program
that post-processing removes, and not part of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import shorten

from harness.assistant import Answer, Done, Event, Token
from harness.errors import PlainError

# A whole mark, or the beginning of one at the end of the text received so far: "[2] It", "[", "[12".
MARK = re.compile(r"\s*(?:\[\d{1,3}\]\s*|\[\d{0,3}\Z)?")
QUOTED = 120  # characters of a message or an answer that a sentence quotes
SENTENCE = 300  # characters of an error that is meant for users, and stands as it is


class FaultKind(StrEnum):
    """The names of faults, as written in results."""

    NOT_AN_EVENT = "not an event"
    TIMED_OUT = "timed out"
    RAISED = "raised"
    SILENT = "yielded nothing"
    UNFINISHED = "never finished"
    AFTER_DONE = "went on after Done"
    TEXTLESS = "Done without text"
    CHANGED = "changed its answer"


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of one request, with a sentence for the author of the assistant."""

    kind: FaultKind
    sentence: str


def fault_in(
    events: Sequence[object], error: Exception | None = None, late_s: float | None = None
) -> Fault | None:
    """Return the first fault of a stream, or None.

    events: everything that was yielded. error: the exception raised, if any. late_s: the deadline, if the
    last event came after it.
    """
    return (
        _foreign(events)
        or _failed(error, late_s)
        or _out_of_order(events)
        or _not_as_streamed(events)
    )


def is_event(thing: object) -> bool:
    """Return True for a Token with text or a Done with an Answer; the text may be empty."""
    if isinstance(thing, Token):
        return isinstance(thing.text, str)
    if isinstance(thing, Done):
        return isinstance(thing.answer, Answer) and isinstance(thing.answer.text, str)
    return False


def visible(text: str) -> str:
    """Return the text, or the beginning of one, without a citation mark at its start."""
    return text[MARK.match(text).end() :]


def stands(final: str, streamed: str) -> bool:
    """Return True if the words of `final` are the first words of `streamed`, as explained above."""
    words = visible(final).split()
    return visible(streamed).split()[: len(words)] == words


def _foreign(events: Sequence[object]) -> Fault | None:
    for event in events:
        if not is_event(event):
            shown = shorten(repr(event), QUOTED)
            return Fault(
                FaultKind.NOT_AN_EVENT,
                f"It yielded {shown}: yield Token(str), then one Done(Answer).",
            )
    return None


def _failed(error: Exception | None, late_s: float | None) -> Fault | None:
    if late_s is not None:
        return Fault(
            FaultKind.TIMED_OUT, f"It was not done after {late_s:g} s: find out what it waits for."
        )
    if isinstance(error, PlainError):
        return Fault(FaultKind.RAISED, shorten(str(error), SENTENCE))
    if error is not None:
        shown = shorten(f"{type(error).__name__}: {error}", QUOTED)
        return Fault(FaultKind.RAISED, f"It raised {shown}")
    return None


def _out_of_order(events: Sequence[Event]) -> Fault | None:
    ends = [number for number, event in enumerate(events) if isinstance(event, Done)]
    if ends and ends[0] < len(events) - 1:
        return Fault(
            FaultKind.AFTER_DONE, "It yielded more events after Done: Done must be the last event."
        )
    if not ends and any(event.text for event in events):
        sentence = f"It yielded {len(events)} events and no Done: end the stream with Done(Answer)."
        return Fault(FaultKind.UNFINISHED, sentence)
    return None


def _not_as_streamed(events: Sequence[Event]) -> Fault | None:
    streamed = "".join(event.text for event in events if isinstance(event, Token))
    final = events[-1].answer.text if events and isinstance(events[-1], Done) else None
    if final is not None and not visible(final):
        return Fault(FaultKind.TEXTLESS, "Its Done contains no text: put the whole answer there.")
    if not visible(streamed):
        sentence = "It streamed no text before its end: yield at least one Token with text."
        return Fault(FaultKind.SILENT, sentence)
    if not stands(final or "", streamed):
        before, after = shorten(streamed, QUOTED), shorten(final or "", QUOTED)
        return Fault(FaultKind.CHANGED, f'It streamed "{before}" and ended with "{after}".')
    return None

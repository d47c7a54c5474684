"""What an assistant can do wrong while it answers, each under its own name.

A request with a fault has no time: it is named in the result and never becomes a number.

**When did the answer change?** What the user has read must stand. The final text must therefore be
the beginning of what was streamed, word for word: post-processing may cut off what a model rambled
on about, and nothing else. White space does not count, nor does a citation mark like "[2] " at the
very start: it is a pointer for the program, which post-processing takes off, not text of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from textwrap import shorten

from harness.assistant import Answer, Done, Event, Token

# A whole mark, or the beginning of one at the end of what has come so far: "[2] It", "[", "[12".
MARK = re.compile(r"\s*(?:\[\d{1,3}\]\s*|\[\d{0,3}\Z)?")
QUOTED = 120  # characters of a message or an answer that a sentence repeats


class FaultKind(StrEnum):
    """The names, as they stand in results."""

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
    """What went wrong with one request, in a sentence for whoever wrote the assistant."""

    kind: FaultKind
    sentence: str


def fault_in(
    events: Sequence[object], error: Exception | None = None, late_s: float | None = None
) -> Fault | None:
    """The first thing wrong with a stream, or None.

    events: all that was yielded. error: what was raised, if anything was. late_s: the deadline, if the
    last event came after it.
    """
    return (
        _foreign(events)
        or _failed(error, late_s)
        or _out_of_order(events)
        or _not_as_streamed(events)
    )


def is_event(thing: object) -> bool:
    """True for a Token with text and a Done with an Answer; the text may be empty."""
    if isinstance(thing, Token):
        return isinstance(thing.text, str)
    if isinstance(thing, Done):
        return isinstance(thing.answer, Answer) and isinstance(thing.answer.text, str)
    return False


def visible(text: str) -> str:
    """What of a text, or of the beginning of one, is answer: without a citation mark before it."""
    return text[MARK.match(text).end() :]


def stands(final: str, streamed: str) -> bool:
    """True when the words of `final` are the first words of `streamed`; see above for why."""
    words = visible(final).split()
    return visible(streamed).split()[: len(words)] == words


def _foreign(events: Sequence[object]) -> Fault | None:
    for event in events:
        if not is_event(event):
            what = shorten(repr(event), QUOTED)
            return Fault(
                FaultKind.NOT_AN_EVENT,
                f"It yielded {what}: yield Token(str), then one Done(Answer).",
            )
    return None


def _failed(error: Exception | None, late_s: float | None) -> Fault | None:
    if late_s is not None:
        return Fault(
            FaultKind.TIMED_OUT, f"It was not done after {late_s:g} s: look for what it waits for."
        )
    if error is not None:
        what = shorten(f"{type(error).__name__}: {error}", QUOTED)
        return Fault(FaultKind.RAISED, f"It raised {what}")
    return None


def _out_of_order(events: Sequence[Event]) -> Fault | None:
    ends = [number for number, event in enumerate(events) if isinstance(event, Done)]
    if ends and ends[0] < len(events) - 1:
        return Fault(FaultKind.AFTER_DONE, "It yielded more after Done: Done is the last event.")
    if not ends and any(event.text for event in events):
        sentence = f"It yielded {len(events)} events and no Done: end the stream with Done(Answer)."
        return Fault(FaultKind.UNFINISHED, sentence)
    return None


def _not_as_streamed(events: Sequence[Event]) -> Fault | None:
    streamed = "".join(event.text for event in events if isinstance(event, Token))
    final = events[-1].answer.text if events and isinstance(events[-1], Done) else None
    if final is not None and not visible(final):
        return Fault(FaultKind.TEXTLESS, "Its Done holds no text: put the whole answer there.")
    if not visible(streamed):
        sentence = "It showed no text before its end: yield at least one Token with text."
        return Fault(FaultKind.SILENT, sentence)
    if not stands(final or "", streamed):
        seen, said = shorten(streamed, QUOTED), shorten(final or "", QUOTED)
        return Fault(FaultKind.CHANGED, f'It streamed "{seen}" and ended with "{said}".')
    return None

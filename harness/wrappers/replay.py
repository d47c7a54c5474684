"""Finished answers: replay as a stream, serialisation, and whether an answer may be cached.

In addition, `mark` sets an attribute of the current span, such as which cache answered.
"""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry import trace
from pydantic import TypeAdapter, ValidationError

from harness.assistant import Answer, Done, Event, Token

UNFIT = frozenset({"empty", "truncated"})  # flags of a failed answer, which must not be repeated
ANSWER = TypeAdapter(Answer)


def replay(answer: Answer) -> Iterator[Event]:
    """Yield the whole text at once, then `Done`."""
    yield Token(answer.text)
    yield Done(answer)


def is_cacheable(answer: Answer) -> bool:
    """Return True for an answer that may be repeated: refusals may, empty and truncated ones may not."""
    return bool(answer.text) and UNFIT.isdisjoint(answer.flags)


def to_json(answer: Answer) -> str:
    """Return `answer` as JSON text."""
    return ANSWER.dump_json(answer).decode()


def from_json(text: str) -> Answer | None:
    """Return the answer in a JSON text, or None if the text is something else."""
    try:
        return ANSWER.validate_json(text)
    except ValidationError:
        return None


def mark(name: str, value: str | float) -> None:
    """Set an attribute of the current span; do nothing without a span."""
    trace.get_current_span().set_attribute(name, value)

"""A finished answer: given again as a stream, kept as text, and judged fit to be kept."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from harness.assistant import Answer, Done, Event, Token

UNFIT = frozenset({"empty", "truncated"})  # flags of an answer that went wrong: not to be repeated
ANSWER = TypeAdapter(Answer)


def replayed(answer: Answer) -> Iterator[Event]:
    """The whole text at once, then `Done`: nothing is produced, so there is nothing to wait for."""
    yield Token(answer.text)
    yield Done(answer)


def fit(answer: Answer) -> bool:
    """True for an answer worth keeping; a refusal is one, a failure is not."""
    return bool(answer.text) and UNFIT.isdisjoint(answer.flags)


def to_json(answer: Answer) -> str:
    """`answer` as JSON text."""
    return ANSWER.dump_json(answer).decode()


def from_json(text: str) -> Answer | None:
    """The answer of a JSON text; None when it is something else."""
    try:
        return ANSWER.validate_json(text)
    except ValidationError:
        return None

"""A wrapper that removes the pointer "[2] " from the text that the user sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.assistant import Assistant, Event, Question, Token
from harness.stages.prompt import is_pointer_prefix, split_pointer


@dataclass(frozen=True)
class HiddenPointer:
    """An assistant that streams the text of `inner` without its pointer; the answer is unchanged.

    Post-processing inside `inner` has read the pointer by then, so nothing is lost.
    """

    inner: Assistant

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the events without the pointer. Raises what `inner` raises."""
        held = ""
        events = iter(self.inner.stream(question))
        for event in events:
            if isinstance(event, Token):
                held += event.text
                if is_pointer_prefix(held):
                    continue
                yield Token(split_pointer(held)[1].lstrip())
            else:
                yield event
            break
        yield from events

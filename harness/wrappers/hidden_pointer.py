"""What the user sees of an answer that starts with its pointer: the sentence, and not "[2] "."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.assistant import Assistant, Event, Question, Token
from harness.stages.pointer import undecided
from harness.stages.prompt import pointed


@dataclass(frozen=True)
class HiddenPointer:
    """`inner` with the pointer taken off its visible text; the answer itself stays as it is.

    Post-processing inside has read the pointer by then, so nothing is lost.
    """

    inner: Assistant

    def stream(self, question: Question) -> Iterator[Event]:
        """Raises what `inner` raises."""
        held = ""
        events = iter(self.inner.stream(question))
        for event in events:
            if isinstance(event, Token):
                held += event.text
                if undecided(held):
                    continue
                yield Token(pointed(held)[1].lstrip())
            else:
                yield event
            break
        yield from events

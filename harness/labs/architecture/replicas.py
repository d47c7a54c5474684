"""One question at one of several equal servers, to be called off when another was faster."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from harness.assistant import Answer, Assistant, Done, Question
from harness.errors import PlainError


class CalledOffError(PlainError):
    """Somebody else had the answer first."""


@dataclass(frozen=True)
class Replica:
    """`question` at `assistant`, a client of its own. Blocks while it is asked; `cancel` from any thread.

    A server notices that nobody listens when it sends the next piece, so until then it works for nobody.
    """

    assistant: Assistant
    question: Question
    _off: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> Answer:
        """The answer. Raises CalledOffError after `cancel`, otherwise what the assistant raises."""
        events = self.assistant.stream(self.question)
        try:
            for event in events:
                if self._off.is_set():
                    break
                if isinstance(event, Done):
                    return event.answer
        finally:
            events.close()
        raise CalledOffError("The question was called off: another server has answered it.")

    def cancel(self) -> None:
        """Not needed any more."""
        self._off.set()

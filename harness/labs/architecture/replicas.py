"""A question sent to one of several equal servers, which can be cancelled if another server is faster."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from harness.assistant import Answer, Assistant, Done, Question
from harness.errors import PlainError


class CancelledError(PlainError):
    """The request was cancelled because another server answered first."""


@dataclass(frozen=True)
class Replica:
    """One request: `question` sent to `assistant`, a client that nothing else uses.

    `answer` blocks; `cancel` can be called from any thread. A cancelled request ends with the next piece that
    arrives. Only then does the server notice that the client has closed the connection.
    """

    assistant: Assistant
    question: Question
    _cancelled: threading.Event = field(default_factory=threading.Event)

    def answer(self) -> Answer:
        """Return the answer. Raises CancelledError after `cancel`, otherwise what the assistant raises."""
        events = self.assistant.stream(self.question)
        try:
            for event in events:
                if self._cancelled.is_set():
                    break
                if isinstance(event, Done):
                    return event.answer
        finally:
            events.close()
        raise CancelledError("The request was cancelled: another server has answered it.")

    def cancel(self) -> None:
        """Make `answer` stop at the next event."""
        self._cancelled.set()

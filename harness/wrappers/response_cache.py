"""An exact cache of answers: the same question, the same knowledge, the same model, so the same answer.

The safest cache there is, and the first to try: it is wrong only if its key forgets something.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from harness import semconv
from harness.assistant import Answer, Assistant, Done, Event, Question, check_question
from harness.wrappers import replay
from harness.wrappers.keys import key, normalised
from harness.wrappers.marks import mark
from harness.wrappers.single_flight import SingleFlight
from harness.wrappers.text_store import TextStore

PATIENCE_S = 10.0  # three slow answers; what takes longer is stuck, or paused in this very thread


@dataclass(frozen=True)
class ResponseCache:
    """Answers of `inner`, kept in `store` under the normalised question and `version`.

    version: what the answers depend on, see `keys.answer_version`.
    The conversation before is no part of the key, as the pipeline answers from the question alone.
    """

    inner: Assistant
    store: TextStore
    version: str
    patience_s: float = PATIENCE_S
    flights: SingleFlight = field(default_factory=SingleFlight)

    def stream(self, question: Question) -> Iterator[Event]:
        """Raises what `inner` raises; failures are never kept."""
        check_question(question)
        name = key("answer", self.version, normalised(question.text))
        if kept := self._kept(name):
            yield from _hit(kept)
            return
        flight, own = self.flights.join(name)
        yield from self._compute(name, flight, question) if own else self._wait(flight, question)

    def _compute(self, name: str, flight: Future[Answer], question: Question) -> Iterator[Event]:
        try:
            kept = self._kept(name)  # by whoever landed between our look and our start
            for event in _hit(kept) if kept else self.inner.stream(question):
                if isinstance(event, Done):
                    self._keep(name, event.answer)
                    flight.set_result(event.answer)
                    yield event
                    return
                yield event
        except Exception as error:
            if not flight.done():
                flight.set_exception(error)
            raise
        finally:
            self.flights.land(name)  # also when the reader leaves in the middle

    def _wait(self, flight: Future[Answer], question: Question) -> Iterator[Event]:
        """The answer of another's computation. Raises its error."""
        try:
            events = _hit(flight.result(self.patience_s))
        except CancelledError:  # its reader has left: one of those who wait takes over
            events = self.stream(question)
        except TimeoutError:
            events = self.inner.stream(question)
        yield from events

    def _kept(self, name: str) -> Answer | None:
        text = self.store.get(name)
        return replay.from_json(text) if text is not None else None

    def _keep(self, name: str, answer: Answer) -> None:
        if replay.fit(answer):
            self.store.put(name, replay.to_json(answer))


def _hit(answer: Answer) -> Iterator[Event]:
    mark(semconv.CACHE, "response")
    yield from replay.replayed(answer)

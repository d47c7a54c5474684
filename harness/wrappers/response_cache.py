"""An exact cache of answers, keyed by question, knowledge base and model.

This is the safest cache and the first one to try: it is wrong only if its key omits something.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from threading import Lock

from harness import semconv
from harness.assistant import Answer, Assistant, Done, Event, Question, check_question
from harness.wrappers import replay
from harness.wrappers.keys import key, normalised
from harness.wrappers.text_store import TextStore

# The time of three slow answers. A computation that takes longer is stuck, or paused in this very thread.
PATIENCE_S = 10.0


class SingleFlight:
    """The computations under way, by key; safe between threads.

    Of several identical requests at the same time, one computes and the others wait. Without this, every
    request computes a popular entry that has just expired: a cache stampede on the slowest path.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._flights: dict[str, Future[Answer]] = {}

    def join(self, key: str) -> tuple[Future[Answer], bool]:
        """Return the flight for `key`, and whether the caller owns it and must compute and land it."""
        with self._lock:
            own = key not in self._flights
            return self._flights.setdefault(key, Future()), own

    def land(self, key: str) -> None:
        """End the flight; if it has no answer or error yet, cancel it for the waiting requests."""
        with self._lock:
            flight = self._flights.pop(key)
        flight.cancel()  # changes nothing when it has an outcome


@dataclass(frozen=True)
class ResponseCache:
    """A cache of the answers of `inner` in `store`, under the normalised question and `version`.

    version: what the answers depend on, see `keys.answer_version`.
    The conversation before is not part of the key, as the pipeline answers from the question alone.
    """

    inner: Assistant
    store: TextStore
    version: str
    patience_s: float = PATIENCE_S
    flights: SingleFlight = field(default_factory=SingleFlight)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer's events. Raises what `inner` raises; failures are not cached."""
        check_question(question)
        name = key("answer", self.version, normalised(question.text))
        if answer := self._cached(name):
            yield from _hit(answer)
            return
        flight, own = self.flights.join(name)
        yield from self._compute(name, flight, question) if own else self._wait(flight, question)

    def _compute(self, name: str, flight: Future[Answer], question: Question) -> Iterator[Event]:
        try:
            # Another request may have stored the answer between the first lookup and the flight.
            answer = self._cached(name)
            for event in _hit(answer) if answer else self.inner.stream(question):
                if isinstance(event, Done):
                    self._store(name, event.answer)
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
        """Yield the answer that another request computes. Raises that request's error."""
        try:
            events = _hit(flight.result(self.patience_s))
        except CancelledError:  # the computing request was abandoned: a waiting one takes over
            events = self.stream(question)
        except TimeoutError:
            events = self.inner.stream(question)
        yield from events

    def _cached(self, name: str) -> Answer | None:
        text = self.store.get(name)
        return replay.from_json(text) if text is not None else None

    def _store(self, name: str, answer: Answer) -> None:
        if replay.is_cacheable(answer):
            self.store.put(name, replay.to_json(answer))


def _hit(answer: Answer) -> Iterator[Event]:
    replay.mark(semconv.CACHE, "response")
    yield from replay.replay(answer)

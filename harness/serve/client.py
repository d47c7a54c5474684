"""The client of a deployed assistant, an Assistant itself, at the user's end of the network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx
from httpx_sse import EventSource, ServerSentEvent, connect_sse
from opentelemetry import propagate, trace

from harness import semconv
from harness.assistant import BadQuestionError, Done, Event, Question, Token, check_question
from harness.errors import PlainError
from harness.serve import messages
from harness.serve.network import ANSWER_PATH, Network

tracer = trace.get_tracer("under500")

KEPT = httpx.Limits(keepalive_expiry=None)  # the server decides when a quiet connection ends
TIMEOUT_S = 120.0  # enough for a slow laptop under load


class ServeError(PlainError):
    """Raised if the deployed assistant could not answer; the message says why."""


@dataclass
class Client:
    """A client that asks a server over `network`; `close()` closes its connection."""

    url: str
    network: Network
    _kept: httpx.Client | None = field(default=None, repr=False)

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer's events.

        Raises BadQuestionError for a question that the server refuses, ServeError for any other failure.
        """
        check_question(question)
        root = tracer.start_span(semconv.REQUEST, attributes={semconv.QUESTION_ID: question.id})
        sent_ns = time.time_ns()
        try:
            events = self._events(question, trace.set_span_in_context(root))
            for event in events:
                if event.event == messages.TOKEN:
                    yield Token(messages.TokenBody.model_validate_json(event.data).text)
                elif event.event == messages.DONE:
                    done = messages.DoneBody.model_validate_json(event.data)
                    for _ in events:  # read to the end: httpx closes a connection with unread data
                        pass
                    self._trace_network(root, sent_ns, done)
                    root.end()
                    yield Done(done.answer())
                    return
                else:
                    raise _failure(messages.ErrorBody.model_validate_json(event.data))
            raise ServeError("The server closed the connection before the answer was complete.")
        except httpx.HTTPError as error:
            raise ServeError(
                f"The server at {self.url} does not answer ({type(error).__name__}): is it still running?"
            ) from error
        finally:
            if root.is_recording():
                root.end()

    def _events(self, question: Question, context: object) -> Iterator[ServerSentEvent]:
        headers: dict[str, str] = {}
        propagate.inject(headers, context)
        http = self._connection()
        try:
            for path in self.network.preflight:
                http.get(path).raise_for_status()
            body = messages.AskBody.of(question).model_dump()
            with connect_sse(http, "POST", ANSWER_PATH, json=body, headers=headers) as source:
                _raise_if_refused(source)
                yield from source.iter_sse()
        finally:
            if not self.network.keep_alive:
                http.close()

    def _connection(self) -> httpx.Client:
        if self.network.keep_alive and self._kept is not None:
            return self._kept
        # No proxies from the environment and no certificates: the server is on this machine.
        http = httpx.Client(
            base_url=self.url, timeout=TIMEOUT_S, limits=KEPT, trust_env=False, verify=False
        )
        if self.network.keep_alive:
            self._kept = http
        return http

    def _trace_network(self, root: trace.Span, sent_ns: int, done: messages.DoneBody) -> None:
        """Record two spans, there and back, for the parts of the request outside the server."""
        context = trace.set_span_in_context(root)
        attributes = {semconv.SIMULATED: self.network.rtt_ms > 0}
        for start, end in ((sent_ns, done.started_ns), (done.ended_ns, time.time_ns())):
            span = tracer.start_span(
                semconv.NETWORK, context, start_time=start, attributes=attributes
            )
            span.end(end_time=end)

    def close(self) -> None:
        """Close the kept connection, if there is one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None


def _raise_if_refused(source: EventSource) -> None:
    response = source.response
    if response.status_code == httpx.codes.BAD_REQUEST:
        raise _failure(messages.ErrorBody.model_validate_json(response.read()))
    response.raise_for_status()


def _failure(error: messages.ErrorBody) -> Exception:
    if error.kind == "question":
        return BadQuestionError(error.message)
    return ServeError(f"The assistant failed: {error.message}")

"""The client of a deployed assistant, an Assistant itself, at the user's end of the network."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field

import httpx
from httpx_sse import EventSource, ServerSentEvent, SSEError, connect_sse
from opentelemetry import propagate, trace
from pydantic import ValidationError

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
        try:
            with closing(self._events(question, trace.set_span_in_context(root))) as events:
                yield from self._answer(events, root)
        except (httpx.HTTPError, ValidationError) as error:
            raise ServeError(_sentence(error, self.url)) from error
        finally:
            if root.is_recording():
                root.end()

    def _answer(self, events: Iterator[ServerSentEvent], root: trace.Span) -> Iterator[Event]:
        sent_ns = time.time_ns()
        for event in events:
            received = _received(event)
            if isinstance(received, Token):
                yield received
                continue
            with suppress(httpx.HTTPError):  # the answer is complete, whatever happens now
                for _ in events:  # read to the end: httpx closes a connection with unread data
                    pass
            self._trace_network(root, sent_ns, received)
            root.end()
            yield Done(received.answer())
            return
        raise ServeError("The server closed the connection before the answer was complete.")

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


def _received(event: ServerSentEvent) -> Token | messages.DoneBody:
    if event.event == messages.TOKEN:
        return Token(messages.TokenBody.model_validate_json(event.data).text)
    if event.event == messages.DONE:
        return messages.DoneBody.model_validate_json(event.data)
    raise _failure(messages.ErrorBody.model_validate_json(event.data))


def _raise_if_refused(source: EventSource) -> None:
    response = source.response
    if response.status_code == httpx.codes.BAD_REQUEST:
        raise _failure(messages.ErrorBody.model_validate_json(response.read()))
    response.raise_for_status()


def _failure(error: messages.ErrorBody) -> Exception:
    if error.kind == "question":
        return BadQuestionError(error.message)
    return ServeError(f"The assistant failed: {error.message}")


def _sentence(error: httpx.HTTPError | ValidationError, url: str) -> str:
    """Return what happened, and what to do."""
    name = type(error).__name__
    match error:
        case httpx.HTTPStatusError():
            status = error.response.status_code
            return f"The server at {url} answered with HTTP status {status}: read what it printed."
        case ValidationError() | SSEError() | httpx.DecodingError():
            return (
                f"The server at {url} sent something else than an answer ({name}): is it this project's, of "
                "the same version?"
            )
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return f"The server at {url} does not answer ({name}): is it still running?"
        case httpx.TimeoutException():
            return (
                f"The server at {url} sent nothing for {TIMEOUT_S:g} s: it may be busy with other "
                "questions, so try again later."
            )
    return (
        f"The connection to the server at {url} broke before the answer was complete ({name}): is it still "
        "running?"
    )

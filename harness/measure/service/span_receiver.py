"""A receiver of OTLP: the spans that a service under measurement sends of the requests it got from here."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from opentelemetry.trace import SpanContext
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.chat.chat_server import listen, server
from harness.chat.span_export import require_otlp

HOST, PATH = "127.0.0.1", "/v1/traces"
PROTOBUF = "application/x-protobuf"
MOST_BYTES = (
    8_000_000  # of one message, also when it is unpacked: 512 large spans, an exporter's batch
)
MOST_SPANS = (
    500  # of one request: dividing it takes the square of them, twice: half a million steps
)
WAIT_S = 8.0  # after the last request; exporters send every 5 s unless told otherwise
BAD, TOO_LARGE, OTHER_TYPE = 400, 413, 415


@dataclass(frozen=True, slots=True)
class ReceivedSpan:
    """One span as its service sent it; times in ns since the epoch, on the service's clock."""

    span_id: bytes
    parent_id: bytes
    name: str
    start_ns: int
    end_ns: int


class RefusedSpansError(Exception):
    """Raised for a message that cannot be read, with the status of HTTP."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class ReceivedSpans:
    """The spans of requests that are expected, by trace id; all others are dropped."""

    _by_trace: dict[int, dict[bytes, ReceivedSpan]] = field(default_factory=dict)
    _parents: dict[int, bytes] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def expect(self, sent: SpanContext) -> None:
        """Keep the spans of this request's trace from now on."""
        with self._changed:
            self._by_trace.setdefault(sent.trace_id, {})
            self._parents[sent.trace_id] = sent.span_id.to_bytes(8)

    def add(self, message: bytes) -> None:
        """Keep the expected spans of a message. Raises RefusedSpansError if it is no OTLP."""
        from google.protobuf.message import DecodeError
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        try:
            request = ExportTraceServiceRequest.FromString(message)
        except DecodeError as error:
            raise RefusedSpansError(BAD) from error
        scopes = (scope for resource in request.resource_spans for scope in resource.scope_spans)
        with self._changed:
            for span in (span for scope in scopes for span in scope.spans):
                trace_id = int.from_bytes(span.trace_id)
                if self._wanted(trace_id, span.parent_span_id):
                    times = span.start_time_unix_nano, span.end_time_unix_nano
                    self._by_trace[trace_id][span.span_id] = ReceivedSpan(
                        span.span_id, span.parent_span_id, span.name, *times
                    )
            self._changed.notify_all()

    def of(self, trace_id: int) -> list[ReceivedSpan]:
        """Return the spans of a request so far."""
        with self._changed:
            return list(self._by_trace.get(trace_id, {}).values())

    def wait(self, timeout_s: float = WAIT_S) -> None:
        """Wait until the outermost span of each request's server is here, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: all(map(self._complete, self._parents)), timeout_s)

    def _wanted(self, trace_id: int, parent_id: bytes) -> bool:
        """Return whether a span is kept: the outermost one is, which ends last, though there are many."""
        if trace_id not in self._by_trace:
            return False
        few = len(self._by_trace[trace_id]) < MOST_SPANS
        return few or (parent_id == self._parents[trace_id] and not self._complete(trace_id))

    def _complete(self, trace_id: int) -> bool:
        parent = self._parents[trace_id]
        return any(span.parent_id == parent for span in self._by_trace[trace_id].values())


@contextmanager
def receiving(port: int) -> Iterator[tuple[ReceivedSpans, str]]:
    """Receive spans at a port of this machine inside the block; yields them and the address.

    Raises WrongUseError if the port is taken, or the extra `spans` is not installed.
    """
    require_otlp()
    spans = ReceivedSpans()
    with closing(listen(HOST, port)) as listener:
        running = server(_app(spans), HOST)
        thread = threading.Thread(target=running.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield spans, f"http://{HOST}:{listener.getsockname()[1]}"
        finally:
            running.should_exit = True
            thread.join(WAIT_S)


def _app(spans: ReceivedSpans) -> Starlette:
    async def traces(request: Request) -> Response:
        try:
            if request.headers.get("content-type") != PROTOBUF:
                raise RefusedSpansError(OTHER_TYPE)
            message = _unpacked(await _body(request), request.headers.get("content-encoding", ""))
            await run_in_threadpool(spans.add, message)
        except RefusedSpansError as error:
            return Response(status_code=error.status)
        return Response(b"", media_type=PROTOBUF)

    return Starlette(routes=[Route(PATH, traces, methods=["POST"])])


async def _body(request: Request) -> bytes:
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MOST_BYTES:
            raise RefusedSpansError(TOO_LARGE)
    return bytes(content)


def _unpacked(data: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return data
    if encoding != "gzip":
        raise RefusedSpansError(OTHER_TYPE)
    unpacker = zlib.decompressobj(wbits=31)  # 31: with gzip's header
    try:
        message = unpacker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise RefusedSpansError(BAD) from error
    if unpacker.unconsumed_tail:
        raise RefusedSpansError(TOO_LARGE)
    return message

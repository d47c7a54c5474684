"""An Assistant in an event loop: requests are answered one after another on a thread of their own."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan

from harness import semconv
from harness.assistant import Assistant, BadQuestionError, Done, Event, Question
from harness.chat.chat_messages import BAD_REQUEST, FAILED, ChatRefusedError
from harness.chat.request_spans import NS_PER_MS, RequestSpans
from harness.serve.app import Arrived
from harness.tracer_provider import tracer_provider

log = logging.getLogger(__name__)
tracer = trace.get_tracer("under500")


@dataclass(frozen=True, slots=True)
class Step:
    """An event of an answer, ms after the request's arrival, and the spans that have ended by then."""

    event: Event
    at_ms: float
    spans: tuple[ReadableSpan, ...]


Emit = Callable[[Step | ChatRefusedError], None]


def _one_thread() -> ThreadPoolExecutor:
    """Return one thread: there is one model, and torch keeps a pool of threads for every caller's thread."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="assistant")


@dataclass(frozen=True)
class Answering:
    """The questions of all clients, answered by `assistant` in the order of their arrival."""

    assistant: Assistant
    spans: RequestSpans = field(default_factory=RequestSpans)
    _thread: ThreadPoolExecutor = field(default_factory=_one_thread, repr=False)

    def __post_init__(self) -> None:
        tracer_provider().add_span_processor(self.spans)

    async def steps(self, question: Question, arrived: Arrived) -> AsyncIterator[Step]:
        """Yield the steps of the answer, Done last; closing the iterator ends the work at the next piece.

        Raises ChatRefusedError if the question cannot be answered, or the assistant fails.
        """
        loop = asyncio.get_running_loop()
        waiting: asyncio.Queue[Step | ChatRefusedError] = asyncio.Queue()
        closed = threading.Event()

        def emit(item: Step | ChatRefusedError) -> None:
            loop.call_soon_threadsafe(waiting.put_nowait, item)

        loop.run_in_executor(self._thread, self._answer, question, arrived, emit, closed)
        try:
            while True:
                item = await waiting.get()
                if isinstance(item, ChatRefusedError):
                    raise item
                yield item
                if isinstance(item.event, Done):
                    return
        finally:
            closed.set()

    def _answer(
        self, question: Question, arrived: Arrived, emit: Emit, closed: threading.Event
    ) -> None:
        """Emit the steps, or why there are none; runs on the thread."""
        if closed.is_set():  # the client has left while others were answered
            return
        start = arrived.at_ns
        with tracer.start_as_current_span(
            semconv.SERVER, arrived.context, start_time=start
        ) as span:
            self.spans.begin(span.get_span_context().trace_id)
            tracer.start_span(semconv.QUEUE, start_time=start).end()  # until now
            try:
                self._emit_events(question, start, emit, closed)
            except BadQuestionError as error:
                emit(ChatRefusedError(BAD_REQUEST, str(error), "messages"))
            except Exception as error:  # any error of a stage must reach the client
                log.exception("The assistant failed")
                sentence = f"The assistant failed: {type(error).__name__}: {error}"
                emit(ChatRefusedError(FAILED, sentence))

    def _emit_events(
        self, question: Question, start_ns: int, emit: Emit, closed: threading.Event
    ) -> None:
        for event in self.assistant.stream(question):
            if closed.is_set():
                return
            done = isinstance(event, Done)
            if done or event.text:
                at_ms = (time.time_ns() - start_ns) / NS_PER_MS
                emit(Step(event, at_ms, self.spans.ended()))
            if done:
                return
        raise RuntimeError("it stopped without an answer (no Done event)")

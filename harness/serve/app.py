"""The server: an HTTP application that streams an Assistant's events as server-sent events."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from pydantic import BaseModel, ValidationError
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness import semconv
from harness.assistant import Assistant, BadQuestionError, Done, Question
from harness.serve import messages
from harness.serve.network import ANSWER_PATH, CONFIG_PATH, SESSION_PATH

log = logging.getLogger(__name__)
tracer = trace.get_tracer("under500")

# A screen shows 60 pictures a second, so text that is sent more often is not seen sooner. Every event wakes
# the server, the relay and the client, which delays the threads of the model where they share its cores.
FRAME_S = 1 / 60

Emit = Callable[[str, BaseModel], None]  # event name, data


@dataclass(frozen=True, slots=True)
class Arrived:
    """The trace context of a request (the client's span), and its arrival, ns since the epoch."""

    context: otel_context.Context
    at_ns: int


def create_app(assistant: Assistant) -> Starlette:
    """Return the application that serves `assistant`.

    Requests are answered one after another on one thread, because there is one model and torch keeps a pool
    of threads for every thread that calls it.
    """
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="assistant")

    async def session(request: Request) -> Response:
        return JSONResponse({"user": "guest"})

    async def config(request: Request) -> Response:
        return JSONResponse({"language": "en"})

    async def answer(request: Request) -> Response:
        try:
            body = messages.AskBody.model_validate_json(await request.body())
        except ValidationError as error:
            first = error.errors()[0]
            return _bad_request(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        arrived = Arrived(propagate.extract(dict(request.headers)), time.time_ns())
        return EventSourceResponse(_events(assistant, body.question(), arrived, worker))

    return Starlette(
        routes=[
            Route(SESSION_PATH, session),
            Route(CONFIG_PATH, config),
            Route(ANSWER_PATH, answer, methods=["POST"]),
        ]
    )


def _bad_request(reason: str) -> Response:
    body = messages.ErrorBody(message=f"The question cannot be read ({reason}).", kind="question")
    return JSONResponse(body.model_dump(), status_code=400)


async def _events(
    assistant: Assistant,
    question: Question,
    arrived: Arrived,
    worker: ThreadPoolExecutor,
) -> AsyncIterator[ServerSentEvent]:
    """Yield the assistant's events from the worker thread; a client that disconnects stops the work.

    The first text is sent at once. Text that follows within FRAME_S is sent together.
    """
    loop = asyncio.get_running_loop()
    waiting: deque[tuple[str, BaseModel]] = deque()
    changed, ended = asyncio.Event(), asyncio.Event()
    disconnected = threading.Event()

    def emit(name: str, data: BaseModel) -> None:
        waiting.append((name, data))
        if name != messages.TOKEN:
            loop.call_soon_threadsafe(_set, changed, ended)
        elif len(waiting) == 1:  # otherwise the loop has been told already
            loop.call_soon_threadsafe(_set, changed)

    loop.run_in_executor(worker, _produce, assistant, question, arrived, emit, disconnected)
    try:
        while True:
            await changed.wait()
            changed.clear()
            for name, data in _joined(waiting):
                yield ServerSentEvent(data.model_dump_json(), event=name)
                if name != messages.TOKEN:
                    return
            with suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), FRAME_S)
    finally:
        disconnected.set()


def _set(*events: asyncio.Event) -> None:
    for event in events:
        event.set()


def _joined(waiting: deque[tuple[str, BaseModel]]) -> Iterator[tuple[str, BaseModel]]:
    """Remove all events and yield them in order, with consecutive text in one event."""
    text = ""
    while waiting:
        name, data = waiting.popleft()
        if isinstance(data, messages.TokenBody):
            text += data.text
            continue
        if text:
            yield messages.TOKEN, messages.TokenBody(text=text)
        yield name, data
        return
    if text:
        yield messages.TOKEN, messages.TokenBody(text=text)


def _produce(
    assistant: Assistant,
    question: Question,
    arrived: Arrived,
    emit: Emit,
    disconnected: threading.Event,
) -> None:
    """Emit tokens, then one done or error event; stop if the client has disconnected.

    Runs on the worker thread.
    """
    if disconnected.is_set():
        return
    start = arrived.at_ns
    with tracer.start_as_current_span(semconv.SERVER, arrived.context, start_time=start) as span:
        span.set_attribute(semconv.QUESTION_ID, question.id)
        tracer.start_span(semconv.QUEUE, start_time=start).end()  # until now
        try:
            for event in assistant.stream(question):
                if disconnected.is_set():
                    return
                if isinstance(event, Done):
                    emit(messages.DONE, messages.DoneBody.of(event.answer, start, time.time_ns()))
                    return
                emit(messages.TOKEN, messages.TokenBody(text=event.text))
            emit(
                messages.ERROR,
                messages.ErrorBody(message="The assistant stopped without an answer."),
            )
        except BadQuestionError as error:
            emit(messages.ERROR, messages.ErrorBody(message=str(error), kind="question"))
        except Exception as error:  # any error of a stage must reach the client as an event
            log.exception("The assistant failed")
            emit(messages.ERROR, messages.ErrorBody(message=f"{type(error).__name__}: {error}"))

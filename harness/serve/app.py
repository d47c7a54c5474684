"""The server: an HTTP application that streams an Assistant's events as server-sent events."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
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
    """Yield the assistant's events from the worker thread; a client that disconnects stops the work."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Queue[tuple[str, BaseModel]] = asyncio.Queue()
    disconnected = threading.Event()

    def emit(name: str, data: BaseModel) -> None:
        loop.call_soon_threadsafe(ready.put_nowait, (name, data))

    loop.run_in_executor(worker, _produce, assistant, question, arrived, emit, disconnected)
    try:
        name = messages.TOKEN
        while name == messages.TOKEN:
            name, data = await ready.get()
            yield ServerSentEvent(data.model_dump_json(), event=name)
    finally:
        disconnected.set()


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

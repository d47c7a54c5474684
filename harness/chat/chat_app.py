"""The application that serves an Assistant in OpenAI's chat protocol."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import aclosing
from typing import TypeVar

from opentelemetry import propagate
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from harness.assistant import Assistant, Done
from harness.chat.answering import Answering, Step
from harness.chat.chat_messages import (
    NO_JSON,
    NOT_FOUND,
    TOO_LARGE,
    ChatRefusedError,
    Reply,
    read_body,
)
from harness.chat.chat_page import FILES, page_routes
from harness.chat.request_spans import server_timing, usage
from harness.chat.serving_key import KeyRequired
from harness.serve.app import Arrived

CHAT_PATH, MODELS_PATH = "/v1/chat/completions", "/v1/models"
HEALTH_PATH = "/health"  # load generators look there first
MAX_BYTES = 1_000_000  # 200 turns of 800 words; an assistant uses far less
DRAINED_BYTES = 20 * MAX_BYTES  # read, and not kept: a client reads no reply before it has sent all
JSON = "application/json"
PUBLIC = frozenset({HEALTH_PATH, *FILES})  # need no key
LEFT = 499  # nginx's status for a client that has left; nobody receives it
END = "[DONE]"

Result = TypeVar("Result")


def chat_app(name: str, assistant: Assistant, key: str = "") -> Starlette:
    """Return the application that serves `assistant` as the model `name`; with a key, only to its holders."""
    answering = Answering(assistant)
    model = {"id": name, "object": "model", "created": int(time.time()), "owned_by": "under500"}

    async def health(request: Request) -> Response:
        return _json({"status": "ok"})

    async def models(request: Request) -> Response:
        return _json({"object": "list", "data": [model]})

    async def one_model(request: Request) -> Response:
        _check_model(request.path_params["id"], name)
        return _json(model)

    async def completions(request: Request) -> Response:
        arrived = Arrived(propagate.extract(dict(request.headers)), time.time_ns())
        body = read_body(await _content(request))
        _check_model(body.model, name)
        steps = answering.steps(body.question(), arrived)
        first = await _while_connected(request, anext(steps))
        if body.stream:
            events = _events(Reply(name), first, steps, body.wants_usage)
            return EventSourceResponse(events, headers=_timing(first))
        last, pieces = await _while_connected(request, _last(first, steps))
        counted = usage(last.spans, pieces)
        return _json(Reply(name).whole(last.event.answer, counted), headers=_timing(last))

    return Starlette(
        routes=[
            *page_routes(),
            Route(CHAT_PATH, completions, methods=["POST"]),
            Route(HEALTH_PATH, health),
            Route(MODELS_PATH, models),
            Route(f"{MODELS_PATH}/{{id:path}}", one_model),
        ],
        middleware=[Middleware(KeyRequired, key=key, public=PUBLIC)] if key else [],
        exception_handlers={
            ChatRefusedError: _refused,
            HTTPException: _no_such_path,
            ClientDisconnect: _left,
        },
    )


def _check_model(asked: str, name: str) -> None:
    if asked != name:
        sentence = f"There is no model `{asked}` here: use `{name}`."
        raise ChatRefusedError(NOT_FOUND, sentence, "model", "model_not_found")


async def _content(request: Request) -> bytes:
    """Return the body. Raises ChatRefusedError if it is too long or no JSON, and ClientDisconnect.

    A page of another origin cannot send JSON without asking first, so that it cannot start a generation.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise ChatRefusedError(NO_JSON, f"Send the request with `Content-Type: {JSON}`.")
    content, size = bytearray(), 0
    async with aclosing(request.stream()) as parts:
        async for part in parts:
            size += len(part)
            if size <= MAX_BYTES:
                content += part
            elif size > DRAINED_BYTES:
                break
    if size > MAX_BYTES:
        sentence = f"The request has more than {MAX_BYTES / 1e6:g} MB: send fewer turns."
        raise ChatRefusedError(TOO_LARGE, sentence)
    return bytes(content)


async def _while_connected(request: Request, work: Awaitable[Result]) -> Result:
    """Return the result of `work`. Raises ClientDisconnect, with `work` cancelled, if the client leaves."""
    task = asyncio.ensure_future(work)
    left = asyncio.ensure_future(request.receive())  # the body is read: what comes is the end
    try:
        await asyncio.wait({task, left}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise ClientDisconnect
    finally:
        task.cancel()
        left.cancel()
        await asyncio.wait({task, left})


async def _last(first: Step, steps: AsyncIterator[Step]) -> tuple[Step, int]:
    """Return the last step and the number of pieces of text before it."""
    step, pieces = first, 0
    async with aclosing(steps):
        while not isinstance(step.event, Done):
            pieces += 1
            step = await anext(steps)
    return step, pieces


async def _events(
    reply: Reply, first: Step, steps: AsyncIterator[Step], wants_usage: bool
) -> AsyncIterator[ServerSentEvent]:
    """Yield the answer's chunks; a failure in the middle becomes an error event and ends the stream."""
    step, pieces = first, 0
    async with aclosing(steps):
        try:
            while not isinstance(step.event, Done):
                yield ServerSentEvent(reply.text(step.event.text, first=not pieces))
                pieces += 1
                step = await anext(steps)
        except ChatRefusedError as error:
            yield ServerSentEvent(json.dumps(error.body()))
            return
    answer = step.event.answer
    if not pieces:  # the assistant has streamed nothing
        yield ServerSentEvent(reply.text(answer.text, first=True))
    yield ServerSentEvent(reply.end(answer))
    if wants_usage:
        yield ServerSentEvent(reply.usage(usage(step.spans, pieces)))
    yield ServerSentEvent(END)


def _timing(step: Step) -> dict[str, str]:
    return {"Server-Timing": server_timing(step.spans, step.at_ms)}


def _json(
    values: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(json.dumps(values), status, headers, "application/json")


async def _refused(request: Request, error: ChatRefusedError) -> Response:
    return _json(error.body(), error.status)


async def _no_such_path(request: Request, error: HTTPException) -> Response:
    sentence = (
        f"{request.method} {request.url.path} is not served ({error.detail}): use {CHAT_PATH}."
    )
    return _json(ChatRefusedError(error.status_code, sentence).body(), error.status_code)


async def _left(request: Request, error: ClientDisconnect) -> Response:
    return Response(status_code=LEFT)

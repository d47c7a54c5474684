"""Results and pieces of asynchronous functions, for a caller that is not asynchronous.

One event loop runs them all, because connections that a function keeps open belong to its loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from contextvars import Context, copy_context
from functools import cache


def result_of(awaitable: Awaitable[object]) -> object:
    """Wait for the result. A KeyboardInterrupt cancels the work and is raised again."""
    return _run(awaitable, copy_context())


def pieces_of(stream: AsyncIterator[object]) -> Iterator[object]:
    """Yield the pieces of an asynchronous generator; closing this one closes the other.

    All steps share one context, so that a span that is open across pieces stays the current one.
    """
    context, end = copy_context(), object()
    try:
        while (piece := _run(_next(stream, end), context)) is not end:
            yield piece
    finally:
        if close := getattr(stream, "aclose", None):
            _run(close(), context)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _run(awaitable: Awaitable[object], context: Context) -> object:
    task = _loop().create_task(_waited(awaitable), context=context)
    try:
        return _loop().run_until_complete(task)
    except KeyboardInterrupt:
        task.cancel()
        with suppress(asyncio.CancelledError):
            _loop().run_until_complete(task)
        raise


async def _waited(awaitable: Awaitable[object]) -> object:
    return await awaitable  # a task takes coroutines, and no other awaitables


async def _next(stream: AsyncIterator[object], end: object) -> object:
    return await anext(stream, end)

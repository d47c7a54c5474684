"""Calls in threads of their own, for code that may wait for ever."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

STILL_WAITING = "still waiting"


def submit(function: Callable[..., object], *arguments: object) -> Future:
    """Start the call in a daemon thread, which does not keep the kernel alive if it never ends."""
    future: Future = Future()

    def work() -> None:
        try:
            future.set_result(function(*arguments))
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return future


def outcome(call: Future, seconds: float) -> object:
    """Return the result of a call, the exception that it raised, or STILL_WAITING after `seconds`."""
    try:
        return call.result(seconds)
    except TimeoutError as error:
        return error if call.done() else STILL_WAITING
    except Exception as error:
        return error

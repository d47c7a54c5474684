"""The learner's process: runs the cells of a notebook and serves the referee's requests over a socket.

Started as `python -I -m grader.remote.learner_process FD LIMITS`. No decision made here is trusted: the
learner's code shares this process and may change all of it, which can only make its own answers wrong.
"""

from __future__ import annotations

import itertools
import json
import math
import os
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from types import FrameType
from typing import Any

import numpy as np

from grader.exercise import own_work
from grader.exercise.call_limits import for_each, names_in
from grader.exercise.exported import RemoteDict
from grader.exercise.time_and_output import MOST_CHARS, LimitedStdout, postponed
from grader.remote.codec import Json
from grader.remote.connection import RpcConnection
from grader.remote.framing import Channel, GoneError, Reply, Request, block_alarms
from grader.remote.learner_references import LearnerReferences
from grader.remote.remote_errors import to_failure
from grader.sandbox.limits import Limits
from harness.assistant import Assistant

MOST_INHERITED = 1024  # descriptors of a process that has just started; it has a handful

Replies = Iterable[tuple[object, bool]]  # values, and whether more follow
RunCell = Callable[[str], BaseException | None]  # runs a source, and returns what it raised
Shell = tuple[RunCell, dict[str, object]]  # with the namespace in which cells run


class Worker:
    """A namespace in which cells run, and its objects that the referee refers to by number.

    run: runs the source of a cell, and returns what it raised. namespace: in which it runs it.
    """

    def __init__(self, channel: Channel, run: RunCell, namespace: dict[str, object]) -> None:
        self.channel, self.run, self.namespace = channel, run, namespace
        self.requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self.connection = RpcConnection(channel, self._take, gone=lambda: self.requests.put(None))
        self.references = LearnerReferences(self.connection)
        self.left_chars = math.inf
        self.withheld: dict[bool, own_work.Codes] = {}  # for cells (True) and for checks

    def serve(self) -> None:
        """Serve requests until the referee disconnects: here, or in a new thread if `request.concurrent`."""
        sys.stdout = sys.stderr = LimitedStdout(self, sys.stdout)
        self.connection.open()
        with suppress(GoneError):
            while (request := self.requests.get()) is not None:
                self._answer(request, _alarm(request.limit_s))

    def _take(self, request: Request) -> None:
        if not request.concurrent:
            self.requests.put(request)
            return
        threading.Thread(target=self._answer_concurrently, args=(request,), daemon=True).start()

    def _answer_concurrently(self, request: Request) -> None:
        block_alarms()  # SIGALRM must interrupt the main thread, not this one
        self._answer(request, nullcontext())

    def _answer(self, request: Request, alarm: object) -> None:
        try:
            with alarm:
                last = self._last_reply(request)
            # Send after the alarm is off: the referee may freeze this process on receipt while the timer
            # runs on.
            self.channel.send(last)
        except GoneError:
            raise
        # BaseException, because a learner's code may raise SystemExit and KeyboardInterrupt.
        except BaseException as error:
            self.channel.send(Reply(number=request.number, failure=to_failure(error)))

    def _last_reply(self, request: Request) -> Reply:
        """Return the last part of the answer; send the earlier ones as they are produced."""
        own_work.swap(self.withheld.get(request.verb == "cell", {}))
        arguments = list(map(self.references.decode, request.arguments))
        self.left_chars = math.inf if request.verb == "cell" else MOST_CHARS
        for value, more in getattr(self, f"_{request.verb}")(request, arguments):
            reply = Reply(number=request.number, value=self.references.encode(value), more=more)
            if not more:
                return reply.model_copy(update={"changed": self._changed(request, arguments)})
            self.channel.send(reply)
        return Reply(number=request.number)

    def _target(self, request: Request) -> Any:
        return self.references.objects[request.object_id]

    def _changed(self, request: Request, arguments: list[object]) -> dict[int, Json]:
        """Return the modified arguments by position, encoded; the referee updates the originals."""
        changed = {}
        for position, value in enumerate(arguments):
            mutable = isinstance(value, list | dict | set | np.ndarray)
            if mutable and not isinstance(value, RemoteDict):
                before, after = request.arguments[position], self.references.encode(value)
                if json.dumps(after) != json.dumps(before):  # as text, because NaN != NaN
                    changed[position] = after
        return changed

    # The verbs of requests.

    def _cell(self, request: Request, _: list) -> Replies:
        if error := self.run(request.name):
            raise error
        return [(None, False)]

    def _withhold(self, request: Request, _: list) -> Replies:
        """Withhold the answers to a lab, see `own_work`; asked before any cell of the learner runs."""
        own_work.swap(own_work.refusals(request.name, own_work.ANSWERS))
        refusing = own_work.refusals(request.name, own_work.USED)
        self.withheld = {False: refusing, True: own_work.swap(refusing)}
        return [(None, False)]

    def _value(self, request: Request, _: list) -> Replies:
        return [(self.namespace[request.name], False)]

    def _call(self, request: Request, arguments: list) -> Replies:
        return [(self._target(request)(*arguments), False)]

    def _each(self, request: Request, arguments: list) -> Replies:
        """Call a function for each item of a list in one request, see `call_limits.for_each`."""
        return [(for_each(self._target(request), *arguments), False)]

    def _names(self, request: Request, _: list) -> Replies:
        """Return the names that a function takes from outside, see `call_limits.names_in`."""
        return [(list(names_in(self._target(request))), False)]

    def _next(self, request: Request, _: list) -> Replies:
        """Return [item], or [] at the end of the iterator."""
        return [(list(itertools.islice(self._target(request), 1)), False)]

    def _close(self, request: Request, _: list) -> Replies:
        close = getattr(self._target(request), "close", None)
        if close is not None:
            close()
        return [(None, False)]

    def _stream(self, request: Request, arguments: list) -> Replies:
        assistant: Assistant = self._target(request)
        for event in assistant.stream(*arguments):
            yield event, True
        yield None, False


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in code that takes longer than `seconds`: an endless cell costs one exercise.

    The referee kills a process that catches it and goes on.
    """

    def ring(number: int, frame: FrameType | None) -> None:
        if not postponed():
            raise TimeoutError(f"It was still running after {seconds:g} s.")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def shell() -> Shell:
    """Return an IPython shell without a kernel."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Ignore `%matplotlib`: this process shows no pictures."""

    config = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    ipython = Shell.instance(config=config)

    def run(source: str) -> BaseException | None:
        result = ipython.run_cell(source, store_history=False)
        return result.error_before_exec or result.error_in_exec

    return run, ipython.user_ns


def main(fd: str, limits: str) -> None:
    """Serve on file descriptor `fd` until the other end closes it."""
    close_others(int(fd))
    serve(int(fd), limits, shell())


def close_others(fd: int) -> None:
    """Close what the process has inherited beside `fd` and its standard streams, such as a namespace."""
    os.closerange(3, fd)
    os.closerange(fd + 1, MOST_INHERITED)


def serve(fd: int, limits: str, ready: Shell) -> None:
    """Apply `limits` (JSON) to this process and serve with an existing shell."""
    Limits.model_validate_json(limits).apply()
    sys.path.insert(0, "")  # as in a notebook: what a cell writes into its folder can be imported
    Worker(Channel(socket.socket(fileno=fd)), *ready).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])

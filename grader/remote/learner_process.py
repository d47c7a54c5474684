"""The learner's process: runs the cells of a notebook and does what the referee asks, over a socket.

Started as `python -I -m grader.remote.learner_process FD LIMITS`. Nothing that is decided here counts: the
learner's code shares this process and may change all of it. It can only make its own answers wrong.
"""

from __future__ import annotations

import itertools
import json
import math
import queue
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from functools import partial
from types import CodeType, FrameType
from typing import NoReturn

import numpy as np

from grader.exercise.call_limits import MOST_CHARS, LimitedStdout
from grader.exercise.exported import ExportedProxy, RemoteDict, make_proxy
from grader.remote.codec import Json, decode, encode
from grader.remote.connection import RpcConnection
from grader.remote.framing import Channel, GoneError, Reply, Request, block_alarms
from grader.remote.remote_errors import failure, raised
from grader.sandbox.limits import Limits
from harness.assistant import Assistant

Replies = Iterable[tuple[object, bool]]  # values, and whether more follow
Shell = tuple[Callable[[str], BaseException | None], dict[str, object]]


class Worker:
    """A namespace in which cells run, and the objects that the referee uses from afar."""

    def __init__(self, channel: Channel, cells: Callable[[str], BaseException | None]) -> None:
        self.channel, self.run, self.namespace = channel, cells, {}
        self.waiting: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self.connection = RpcConnection(channel, self._take, gone=lambda: self.waiting.put(None))
        self.kept: list[object] = []
        self.borrowed: dict[int, object] = {}
        self.dicts: dict[int, dict] = {}
        self.numbers = itertools.count()
        self.left_chars = math.inf

    def serve(self) -> None:
        """Answer requests until the referee hangs up: in this thread, but for those beside another."""
        sys.stdout = sys.stderr = LimitedStdout(self, sys.stdout)
        self.connection.open()
        with suppress(GoneError):
            while (request := self.waiting.get()) is not None:
                self._answer(request, _alarm(request.limit_s))

    def _take(self, request: Request) -> None:
        if not request.apart:
            self.waiting.put(request)
            return
        threading.Thread(target=self._beside, args=(request,), daemon=True).start()

    def _beside(self, request: Request) -> None:
        block_alarms()  # they are for the main thread alone, which would sleep through one taken here
        self._answer(request, nullcontext())

    def _answer(self, request: Request, alarm: object) -> None:
        try:
            with alarm:
                last = self._last(request)
            # Not before the alarm is off: whoever reads this may stop us, and the alarm's clock runs on.
            self.channel.send(last)
        except GoneError:
            raise
        except BaseException as error:  # SystemExit and KeyboardInterrupt are a learner's, too
            self.channel.send(Reply(number=request.number, failure=failure(error)))

    def _last(self, request: Request) -> Reply:
        """The last part of the answer; those before it are sent as they come."""
        arguments = self._arguments(request)
        self.left_chars = math.inf if request.verb == "cell" else MOST_CHARS
        for value, more in getattr(self, f"_{request.verb}")(request, arguments):
            reply = Reply(number=request.number, value=encode(value, self._aside), more=more)
            if not more:
                return reply.model_copy(update={"changed": self._changed(request, arguments)})
            self.channel.send(reply)
        return Reply(number=request.number)

    # ---- what stays here, and what stayed there ------------------------------------------------

    def _aside(self, value: object) -> Json | None:
        if isinstance(value, ExportedProxy):
            return {"$exported": value._export_id}
        if isinstance(value, Iterator):
            return {"$lazy": self._keep(value)}
        if callable(value) or hasattr(value, "stream"):
            return {"$remote": self._keep(value)}
        return None

    def _keep(self, value: object) -> int:
        self.kept.append(value)
        return len(self.kept) - 1

    def _arguments(self, request: Request) -> list[object]:
        return [decode(one, self._there) for one in request.arguments]

    def _there(self, tag: str, which: Json) -> object:
        if tag == "$exported":
            return self._borrow(*which)
        if tag == "$remote_dict":
            return self.dicts.setdefault(which, RemoteDict())
        return self.kept[which]

    def _borrow(self, number: int, name: str, members: Mapping[str, bool]) -> object:
        """The same stand-in for the same thing: learners compare with `is`, and look up in lists."""
        if number not in self.borrowed:
            self.borrowed[number] = make_proxy(number, name, members, partial(self._use, number))
        return self.borrowed[number]

    def _use(self, number: int, member: str, arguments: tuple) -> object:
        """What a member of a lent thing gives. Raises what it raises."""
        sent = [encode(one, self._aside) for one in arguments]
        request = Request(
            number=str(next(self.numbers)),
            verb="use",
            name=member,
            object_id=number,
            arguments=sent,
        )
        [reply] = self.connection.ask(request)
        if reply.failure is not None:
            raise raised(reply.failure)
        return decode(reply.value, self._there)

    def _changed(self, request: Request, arguments: list[object]) -> dict[int, Json]:
        """What the learner's code did to its arguments, so that it can be done to the originals."""
        changed = {}
        for place, (one, came) in enumerate(zip(arguments, request.arguments, strict=True)):
            if isinstance(one, list | dict | set | np.ndarray) and not isinstance(one, RemoteDict):
                now = encode(one, self._aside)
                if json.dumps(now) != json.dumps(came):  # as text, where NaN is NaN
                    changed[place] = now
        return changed

    # ---- the verbs ---------------------------------------------------------------------------

    def _cell(self, request: Request, _: list) -> Replies:
        if error := self.run(request.name):
            raise error
        return [(None, False)]

    def _value(self, request: Request, _: list) -> Replies:
        return [(self.namespace[request.name], False)]

    def _call(self, request: Request, arguments: list) -> Replies:
        return [(self.kept[request.object_id](*arguments), False)]

    def _each(self, request: Request, arguments: list) -> Replies:
        """Many calls for the price of one, such as twenty thousand throws of dice."""
        function, (firsts, *others) = self.kept[request.object_id], arguments
        return [([function(one, *others) for one in firsts], False)]

    def _names(self, request: Request, _: list) -> Replies:
        """The names that the code of a function mentions."""
        code = getattr(self.kept[request.object_id], "__code__", None)
        return [(list(code.co_names) if isinstance(code, CodeType) else [], False)]

    def _next(self, request: Request, _: list) -> Replies:
        """[item], or [] at the end."""
        return [(list(itertools.islice(self.kept[request.object_id], 1)), False)]

    def _close(self, request: Request, _: list) -> Replies:
        close = getattr(self.kept[request.object_id], "close", None)
        if close is not None:
            close()
        return [(None, False)]

    def _stream(self, request: Request, arguments: list) -> Replies:
        assistant: Assistant = self.kept[request.object_id]
        for event in assistant.stream(*arguments):
            yield event, True
        yield None, False


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Interrupts honest code that takes too long, so that one endless cell costs one exercise.

    Code that ignores it is ended by the referee a little later.
    """

    def ring(number: int, frame: FrameType | None) -> NoReturn:
        raise TimeoutError(f"It was not done after {seconds:g} s.")

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def shell() -> Shell:
    """IPython without a kernel: what runs a cell, returning what it raised, and its namespace."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """Nobody looks at pictures here."""

    config = Config(
        {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    )
    one = Shell.instance(config=config)

    def run(source: str) -> BaseException | None:
        result = one.run_cell(source, store_history=False)
        return result.error_before_exec or result.error_in_exec

    return run, one.user_ns


def main(fd: str, limits: str) -> None:
    """Serve until the other end closes."""
    serve(int(fd), limits, shell())


def serve(fd: int, limits: str, ready: Shell) -> None:
    """The same with a shell that is there already."""
    Limits.model_validate_json(limits).apply()
    run, namespace = ready
    worker = Worker(Channel(socket.socket(fileno=fd)), run)
    worker.namespace = namespace
    worker.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])

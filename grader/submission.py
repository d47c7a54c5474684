"""A notebook that somebody handed in, alive in a process of its own: its cells, its functions, its entry.

    with session(Room()) as learner:
        learner.cell("def f(x): return x + 1")
        learner.value("f")(1)                  # 2, computed over there

What comes back are values (see `grader.values`) and stand-ins for functions and assistants, so the checks
of the labs work on them as they work in a notebook. Errors of the learner's code come back as the built-in
exception they are one of; a process that hangs, dies or lies is ended, and raises WorkerError from then on.
"""

from __future__ import annotations

import builtins
import math
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

import psutil

from grader import jail
from grader.jail import Room, Started
from grader.processes import Processes, Watch
from grader.values import MalformedError, decode, encode
from grader.verdict import CheckFailed
from grader.wire import (
    Channel,
    Failure,
    GoneError,
    Reply,
    Request,
    SpoofError,
    WorkerError,
    number,
)
from harness.assistant import Event, Question
from harness.measure.timing import MOST_EVENTS

START_S = 60.0  # Python, IPython and the packages: 1 s, ten times that on a busy machine
CELL_S, CALL_S, ASK_S = 300.0, 10.0, 30.0
GRACE_S = 5.0  # after its own alarm, for a process to answer before it is ended
EXIT_S = 1.0  # from a closed socket to the end of its process
TAIL_BYTES = 20_000  # of what it printed: enough to see the last error

Start = Callable[[int, Room], Started]  # a process that serves on a file descriptor


class RelayedCheckFailed(CheckFailed):
    """A check that failed over there, with its text as it was."""

    def __init__(self, text: str) -> None:
        AssertionError.__init__(self, text)


@dataclass(frozen=True, slots=True)
class Far:
    """A function or an assistant in the learner's process."""

    session: Session
    number: int

    def __call__(self, *arguments: object) -> object:
        return self.session.ask("call", far=self.number, arguments=arguments)

    def stream(self, question: Question) -> Iterator[Event]:
        """Its events as they arrive, whatever they are."""
        parts = self.session.parts("stream", far=self.number, arguments=(question,), limit_s=ASK_S)
        for value, more in parts:
            if more:
                yield value


class Tail(threading.Thread):
    """Reads what a process prints, for as long as it prints, and keeps the end of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(name="tail", daemon=True)
        self.pipe, self.kept = pipe, b""

    def run(self) -> None:
        while part := self.pipe.read1(1 << 16):
            self.kept = (self.kept + part)[-TAIL_BYTES:]
        self.pipe.close()

    def text(self) -> str:
        """The end of what was printed."""
        return self.kept.decode("utf-8", errors="replace")


@dataclass
class Session:
    """A learner's process as the referee uses it.

    call_s: what one call may take. until: when all of them must be done, by the monotonic clock.
    """

    started: Started
    channel: Channel
    processes: Processes
    watch: Watch
    tail: Tail
    call_s: float = CALL_S
    until: float = math.inf
    broken: WorkerError | None = None
    _turn: threading.RLock = field(default_factory=threading.RLock)

    def cell(self, source: str, limit_s: float = CELL_S) -> None:
        """Run a cell. Raises what it raises."""
        self.ask("cell", source, limit_s=limit_s)

    def value(self, name: str) -> object:
        """The value of a variable, or a stand-in. Raises KeyError when there is none."""
        return self.ask("value", name)

    def ask(self, verb: str, name: str = "", **request: object) -> object:
        """The one value that `verb` gives. Raises the learner's exception, or WorkerError."""
        [(value, _)] = self.parts(verb, name, **request)
        return value

    def parts(
        self,
        verb: str,
        name: str = "",
        far: int = 0,
        arguments: tuple = (),
        limit_s: float | None = None,
    ) -> Iterator[tuple[object, bool]]:
        """The values that `verb` gives, and whether more follow."""
        sent = [encode(one, lambda far: far.number) for one in arguments]
        request = Request(
            number=number(),
            verb=verb,
            name=name,
            far=far,
            arguments=sent,
            limit_s=self._limit(limit_s),
        )
        with self._turn, self._unbroken():
            self.channel.send(request)
            replies = self._replies(request)
            for reply in replies:
                if reply.failure is not None:
                    raise _exception(reply.failure)
                try:
                    yield self._decoded(reply.value), reply.more
                except GeneratorExit:  # nobody wants the rest, but it must not be there next time
                    self._read_out(replies)
                    raise

    def end(self) -> str:
        """Kill what runs, and remove its files; returns the end of what it printed."""
        self.watch.stop()
        self.processes.end()
        with suppress(subprocess.TimeoutExpired):  # a kernel that does not let go of it
            self.started.process.wait(GRACE_S)
        self.channel.socket.close()
        self.tail.join(timeout=GRACE_S)
        self.started.clear()
        return self.tail.text()

    def _limit(self, wanted_s: float | None) -> float:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("All its calls together took too long.")
        return min(left_s, self.call_s if wanted_s is None else wanted_s)

    def _replies(self, request: Request) -> Iterator[Reply]:
        more, until = True, time.monotonic() + request.limit_s + GRACE_S
        while more:
            reply = self.channel.receive(Reply, until - time.monotonic())
            if reply.number != request.number:
                raise SpoofError("It sent an answer that nobody had asked for.")
            more = reply.more and reply.failure is None
            yield reply

    def _read_out(self, replies: Iterator[Reply]) -> None:
        try:
            for _ in zip(range(MOST_EVENTS), replies, strict=False):
                pass
        except WorkerError as error:
            self._break(error)

    def _decoded(self, value: object) -> object:
        return decode(value, lambda number: Far(self, number))

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        """From the first breach on the process is gone and every request says why."""
        if self.broken is not None:
            raise self.broken
        try:
            yield
        except WorkerError as error:
            self._break(error)
            raise self.broken from None
        except MalformedError as error:
            self._break(SpoofError(f"It sent what is no value: {error}"))
            raise self.broken from None

    def _break(self, error: WorkerError) -> None:
        ended = isinstance(error, GoneError)
        if ended:  # by itself, perhaps: its own exit status says more than that of a kill
            with suppress(subprocess.TimeoutExpired):
                self.started.process.wait(EXIT_S)
        self.processes.end()
        status = self.started.process.wait()
        if ended:
            error = GoneError(self.watch.reason or f"Its process has ended (exit status {status}).")
        self.broken = error


def apart(channel: int, room: Room) -> Started:
    """A new Python in a room of its own."""
    limits = room.limits.model_dump_json()
    return jail.start(("-u", "-m", "grader.worker", str(channel), limits), room, [channel])


@contextmanager
def session(room: Room, call_s: float = CALL_S, start: Start = apart) -> Iterator[Session]:
    """An empty notebook in a room of its own, until the block ends.

    call_s: what one call of a function may take. start: gives its process. Raises OSError, WorkerError.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        started = start(theirs.fileno(), room)
    processes = Processes(psutil.Process(started.process.pid))
    watch, tail = Watch(processes, room.limits), Tail(started.process.stdout)
    one = Session(started, Channel(ours), processes, watch, tail, call_s)
    watch.start()
    tail.start()
    try:
        one.cell("", START_S)
        yield one
    finally:
        one.end()


def _exception(failure: Failure) -> Exception:
    """What the learner's code raised, as the nearest built-in exception."""
    empty = failure.kinds[:1] == ["NotImplementedError"]  # says itself where it is
    text = f"{failure.text} ({failure.place})" if failure.place and not empty else failure.text
    if failure.kinds[:1] == ["CheckFailed"]:
        return RelayedCheckFailed(failure.text)
    for name in failure.kinds:
        kind = getattr(builtins, name, None)
        if kind is StopIteration:  # it would not leave the generator that it is raised in
            break
        if isinstance(kind, type) and issubclass(kind, Exception):
            try:
                return kind(text)
            except TypeError:  # one that wants more than a text
                continue
    return RuntimeError(f"{failure.kinds[0]}: {text}" if failure.kinds else text)

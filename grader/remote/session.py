"""A notebook that somebody handed in, alive in a process of its own: its cells, its functions, its entry.

    with session(Room()) as learner:
        learner.cell("def f(x): return x + 1")
        learner.value("f")(1)                  # 2, computed over there

What comes back are values (see `grader.remote.codec`) and stand-ins for functions and assistants, so
the checks of the labs work on them as they work in a notebook. Errors of the learner's code come back as the built-in
exception they are one of; a process that hangs, dies or lies is ended, and raises WorkerError from then on.
"""

from __future__ import annotations

import math
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

import psutil

from grader.exercise.exported import ExportedObjects, RemoteDict, members
from grader.remote.codec import Json, MalformedError, decode, encode
from grader.remote.connection import RpcConnection
from grader.remote.framing import (
    Channel,
    Failure,
    GoneError,
    HangingError,
    Reply,
    Request,
    SpoofError,
    WorkerError,
    block_alarms,
    number,
)
from grader.remote.proxies import KINDS, RemoteObject, restore
from grader.remote.remote_errors import failure, raised
from grader.sandbox import jail
from grader.sandbox.jail import SandboxSpec, Started
from grader.sandbox.processes import Processes, Watch
from harness.measure.latency.timing import MOST_EVENTS

START_S = 60.0  # Python, IPython and the packages: 1 s, ten times that on a busy machine
CELL_S, CALL_S = 300.0, 10.0
GRACE_S = 5.0  # after its own alarm, for a process to answer before it is ended
USE_THREADS = 32  # uses of lent things at once: six learners' threads behind a gate, and room
EXIT_S = 1.0  # from a closed socket to the end of its process
TAIL_BYTES = 20_000  # of what it printed: enough to see the last error

Start = Callable[[int, SandboxSpec], Started]  # a process that serves on a file descriptor


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
    exported_objects: ExportedObjects = field(default_factory=ExportedObjects)
    connection: RpcConnection = field(init=False)
    _busy: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._lenders = ThreadPoolExecutor(USE_THREADS, "lender", initializer=block_alarms)
        self._free = threading.BoundedSemaphore(USE_THREADS)
        self.connection = RpcConnection(self.channel, self._answer)
        self.connection.open()

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
        object_id: int = 0,
        arguments: tuple = (),
        limit_s: float | None = None,
    ) -> Iterator[tuple[object, bool]]:
        """The values that `verb` gives, and whether more follow.

        Whatever is done to `arguments` over there is done to them here.
        """
        sent, within_s = [encode(one, self._aside) for one in arguments], self._limit(limit_s)
        beside = not self._busy.acquire(blocking=False)
        request = Request(
            number=number(),
            verb=verb,
            name=name,
            object_id=object_id,
            arguments=sent,
            limit_s=within_s,
            apart=beside,
        )
        try:
            with self._unbroken():
                yield from self._answers(request, arguments)
        finally:
            if not beside:
                self._busy.release()

    def _answers(self, request: Request, arguments: tuple) -> Iterator[tuple[object, bool]]:
        replies = self._replies(request)
        for reply in replies:
            if reply.failure is not None:
                raise self._raised(reply.failure)
            for place, changed in reply.changed.items():
                restore(arguments[place], self._decoded(changed))
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
        with suppress(OSError):  # wakes who reads it
            self.channel.socket.shutdown(socket.SHUT_RDWR)
        self.channel.socket.close()
        self._lenders.shutdown(wait=False, cancel_futures=True)
        self.tail.join(timeout=GRACE_S)
        self.started.clear()
        return self.tail.text()

    def _limit(self, wanted_s: float | None) -> float:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("All its calls together took too long.")
        return min(left_s, self.call_s if wanted_s is None else wanted_s)

    def _replies(self, request: Request) -> Iterator[Reply]:
        try:
            yield from self.connection.ask(request, request.limit_s + GRACE_S)
        except HangingError as error:
            if not request.apart:
                raise
            raise TimeoutError("It did not come back.") from error  # one thread, not the process

    def _read_out(self, replies: Iterator[Reply]) -> None:
        try:
            for _ in zip(range(MOST_EVENTS), replies, strict=False):
                pass
        except WorkerError as error:
            self._break(error)

    def _decoded(self, value: Json) -> object:
        return decode(value, self._there)

    def _there(self, tag: str, which: Json) -> object:
        """What came back of our own, or a stand-in for what stays over there."""
        return (
            self.exported_objects.things[which]
            if tag == "$exported"
            else KINDS[tag](self, int(which))
        )

    def _aside(self, value: object) -> Json | None:
        """What does not travel itself: theirs goes home, ours is lent."""
        if isinstance(value, RemoteObject):
            return {"$remote": value.number}
        if isinstance(value, RemoteDict):
            return {"$remote_dict": self.exported_objects.number(value)}
        known = members(value)
        name = getattr(value, "__name__", type(value).__name__)
        return known and {"$exported": [self.exported_objects.number(value), name, known]}

    def _raised(self, failure: Failure) -> BaseException:
        if failure.exported_objects is not None and 0 <= failure.exported_objects < len(
            self.exported_objects.things
        ):
            ours = self.exported_objects.things[failure.exported_objects]
            if isinstance(ours, Exception):
                return ours
        error = raised(failure)
        if isinstance(
            error, StopIteration
        ):  # it would not leave the generator that it is raised in
            return RuntimeError(f"StopIteration: {error}")
        return error

    def _answer(self, request: Request) -> None:
        """Carry out a use of something lent, in a thread of its own: it may wait for another one."""
        self._free.acquire()  # whoever asks for more than that waits
        with suppress(RuntimeError):  # nobody is there any more
            self._lenders.submit(self._used, request)

    def _used(self, request: Request) -> None:
        try:
            arguments = tuple(map(self._decoded, request.arguments))
            value = self.exported_objects.use(request.object_id, request.name, arguments)
            reply = Reply(number=request.number, value=encode(value, self._aside))
        except BaseException as error:
            said = failure(error).model_copy(update={"lent": self.exported_objects.number(error)})
            reply = Reply(number=request.number, failure=said)
        finally:
            self._free.release()
        with suppress(WorkerError, ValueError):
            self.channel.send(reply)

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


def apart(channel: int, spec: SandboxSpec) -> Started:
    """A new Python in a room of its own."""
    limits = spec.limits.model_dump_json()
    return jail.start(
        ("-u", "-m", "grader.remote.learner_process", str(channel), limits), spec, [channel]
    )


@contextmanager
def session(spec: SandboxSpec, call_s: float = CALL_S, start: Start = apart) -> Iterator[Session]:
    """An empty notebook in a room of its own, until the block ends.

    call_s: what one call of a function may take. start: gives its process. Raises OSError, WorkerError.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        started = start(theirs.fileno(), spec)
    processes = Processes(psutil.Process(started.process.pid))
    watch, tail = Watch(processes, spec.limits), Tail(started.process.stdout)
    one = Session(started, Channel(ours), processes, watch, tail, call_s)
    watch.start()
    tail.start()
    try:
        one.cell("", START_S)
        yield one
    finally:
        one.end()

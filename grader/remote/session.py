"""A submitted notebook running in a process of its own, as the referee uses it.

    with session(SandboxSpec()) as learner:
        learner.cell("def f(x): return x + 1")
        learner.value("f")(1)                  # 2, computed in the learner's process

Results are values (see `grader.remote.codec`) or proxies for functions and assistants, so the checks of a
lab work on them as they do in a notebook. An exception of the learner's code is raised as the nearest
built-in class. A process that hangs, ends or breaks the protocol is killed, and every later request raises
WorkerError.
"""

from __future__ import annotations

import math
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO

import psutil

from grader.exercise.exported import ExportedObjects, RemoteDict, members
from grader.remote.codec import Json, MalformedError, Opaque, decode, encode, opaque
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
from grader.sandbox.control_group import new_group
from grader.sandbox.jail import SandboxSpec, Started
from grader.sandbox.monitor import ResourceMonitor
from grader.sandbox.processes import Processes
from harness.measure.latency.timing import MOST_EVENTS

# starting Python, IPython and the packages takes 1 s, ten times that on a busy machine
START_S = 60.0
CELL_S, CALL_S = 300.0, 10.0
GRACE_S = 5.0  # after its own alarm, for a process to answer before it is killed
# Of members of exported objects, between two calls of `allow`. The referee keeps whatever an exported object
# returns or raises. Every golden submission of every lab stays below.
MOST_USES = 100_000
USE_THREADS = 32  # concurrent calls of exported objects; a check uses six threads at most
EXIT_S = 1.0  # between the end of a socket and the end of its process
TAIL_BYTES = 20_000  # of output kept: enough to contain the last traceback
REPLAYED = ("withhold", "cell")  # the requests that make a process what it is before the calls
# For the cells in a second process: so many seconds, and so many times what they took in the first, because
# the machine may be busier by then. Cells that sleep only there are ended.
REPLAY_S, PATIENCE = 60.0, 2

Start = Callable[[int, SandboxSpec], Started]  # starts a process that serves on a file descriptor


class Tail(threading.Thread):
    """A thread that reads the output of a process and keeps the end of it."""

    def __init__(self, pipe: IO[bytes]) -> None:
        super().__init__(name="tail", daemon=True)
        self.pipe, self.end = pipe, b""

    def run(self) -> None:
        while part := self.pipe.read1(1 << 16):
            self.end = (self.end + part)[-TAIL_BYTES:]
        self.pipe.close()

    def text(self) -> str:
        """Return the end of the output."""
        return self.end.decode("utf-8", errors="replace")


@dataclass
class Session:
    """A learner's process as the referee uses it.

    call_s: time limit of one call, in seconds. until: deadline of all calls, by the monotonic clock.
    left_uses: how often the process may still use an exported object. replayed: the requests that
    `restarted` repeats, and replayed_s: what they took here, in seconds.
    """

    started: Started
    channel: Channel
    processes: Processes
    monitor: ResourceMonitor
    tail: Tail
    spec: SandboxSpec
    call_s: float = CALL_S
    until: float = math.inf
    left_uses: int = MOST_USES
    broken: WorkerError | None = None
    replayed: list[tuple[str, str, dict]] = field(default_factory=list)
    replayed_s: float = 0.0
    exported_objects: ExportedObjects = field(default_factory=ExportedObjects)
    connection: RpcConnection = field(init=False)
    _busy: threading.Lock = field(default_factory=threading.Lock)
    _second: Session | None = None
    _owned: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self._exported_pool = ThreadPoolExecutor(USE_THREADS, "exported", initializer=block_alarms)
        self._free_threads = threading.BoundedSemaphore(USE_THREADS)
        self.connection = RpcConnection(self.channel, self._answer)
        self.allow()
        self.connection.open()

    def allow(self, until: float = math.inf) -> None:
        """Start a new check, cell or timed comparison, with deadline `until` and full limits on messages."""
        self.until, self.left_uses = until, MOST_USES
        self.channel.allow()

    def cell(self, source: str, limit_s: float = CELL_S) -> None:
        """Run a cell. Raises what the cell raises."""
        self.allow()
        self.ask("cell", source, limit_s=limit_s)

    def value(self, name: str) -> object:
        """Return the value of a variable, or a proxy for it. Raises KeyError if it is not defined."""
        return self.ask("value", name)

    def ask(self, verb: str, name: str = "", **request: object) -> object:
        """Return the one value that a request yields. Raises the learner's exception, or WorkerError.

        For the arguments see `parts`.
        """
        if verb not in REPLAYED:
            return self._one(verb, name, **request)
        self.replayed.append((verb, name, request))
        start_s = time.monotonic()
        try:
            return self._one(verb, name, **request)
        finally:
            self.replayed_s += time.monotonic() - start_s

    def _one(self, verb: str, name: str, **request: object) -> object:
        [(value, _)] = self.parts(verb, name, **request)
        return value

    def restarted(self, name: str) -> object:
        """Return the value of a variable as a second process has it in which the same cells have run.

        That process has seen none of this one's calls, and Python salts its hashes anew. It lives as long as
        this one. The cells take nothing of the time until the deadline; they have REPLAY_S. Raises KeyError,
        OSError, WorkerError, and TimeoutError if the cells take longer.
        """
        left_s = self.until - time.monotonic()
        if self._second is None or self._second.broken:
            self._second = self._owned.enter_context(session(self.spec, self.call_s))
        second = self._second
        end = time.monotonic() + REPLAY_S + PATIENCE * self.replayed_s
        for verb, text, request in self.replayed[len(second.replayed) :]:
            second.allow(end)
            with suppress(Exception):  # a cell may raise anything, as it did here
                second.ask(verb, text, **request)
        if time.monotonic() > end:
            raise TimeoutError("In a second process, the cells took far longer than in the first.")
        self.until = time.monotonic() + left_s
        second.allow(self.until)
        return second.value(name)

    def parts(
        self,
        verb: str,
        name: str = "",
        object_id: int = 0,
        arguments: tuple = (),
        limit_s: float | None = None,
    ) -> Iterator[tuple[object, bool]]:
        """Yield the values that a request produces, each with True if more follow.

        For verb, name and object_id see `Request`. limit_s: in seconds; None stands for `call_s`. Changes
        that the call makes to its arguments are applied to `arguments`.
        """
        sent = [encode(argument, self._aside) for argument in arguments]
        within_s = self._limit(limit_s)
        apart = not self._busy.acquire(blocking=False)
        request = Request(
            number=number(),
            verb=verb,
            name=name,
            object_id=object_id,
            arguments=sent,
            limit_s=within_s,
            apart=apart,
        )
        try:
            with self._unbroken():
                yield from self._answers(request, arguments)
        finally:
            if not apart:
                self._busy.release()

    def _answers(self, request: Request, arguments: tuple) -> Iterator[tuple[object, bool]]:
        replies = self._replies(request)
        for reply in replies:
            if reply.failure is not None:
                raise self._raised(reply.failure)
            for position, changed in reply.changed.items():
                restore(arguments[position], self._decoded(changed))
            try:
                yield self._decoded(reply.value), reply.more
            # The caller has stopped reading: wait until the process is ready for the next request.
            except GeneratorExit:
                self._drain(replies)
                raise

    def end(self) -> str:
        """Kill all processes and remove their files; return the end of their output."""
        self._owned.close()
        self.monitor.stop()
        self.processes.end()
        with suppress(subprocess.TimeoutExpired):  # a process stuck in the kernel
            self.started.process.wait(GRACE_S)
        with suppress(OSError):  # wakes the reader thread
            self.channel.socket.shutdown(socket.SHUT_RDWR)
        self.channel.socket.close()
        self._exported_pool.shutdown(wait=False, cancel_futures=True)
        self.tail.join(timeout=GRACE_S)
        self.started.clear()
        return self.tail.text()

    def _limit(self, wanted_s: float | None) -> float:
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("All calls together took longer than allowed.")
        return min(left_s, self.call_s if wanted_s is None else wanted_s)

    def _replies(self, request: Request) -> Iterator[Reply]:
        try:
            yield from self.connection.ask(request, request.limit_s + GRACE_S)
        except HangingError as error:
            if not request.apart:
                raise
            # only this call failed, not the process
            raise TimeoutError("The call did not return in time.") from error

    def _drain(self, replies: Iterator[Reply]) -> None:
        try:
            for _ in zip(range(MOST_EVENTS), replies, strict=False):
                pass
        except WorkerError as error:
            self._break(error)

    def _decoded(self, value: Json) -> object:
        return decode(value, self._resolve)

    def _resolve(self, tag: str, object_id: Json) -> object:
        """Return the exported original, or a proxy for an object of the learner's process."""
        if tag == "$exported":
            return self.exported_objects.things[object_id]
        if tag == "$object":
            number, *shown = object_id
            return opaque(*shown, int(number))
        return KINDS[tag](self, int(object_id))

    def _aside(self, value: object) -> Json | None:
        """Encode by reference: a proxy as its remote object, an object of the referee as an exported one."""
        if isinstance(value, RemoteObject | Opaque) and value.number is not None:
            return {"$remote": value.number}
        if isinstance(value, RemoteDict):
            return {
                "$remote_dict": [
                    self.exported_objects.number(value),
                    self.exported_objects.number(value.looked_up),
                ]
            }
        exported = members(value)
        name = getattr(value, "__name__", type(value).__name__)
        return exported and {"$exported": [self.exported_objects.number(value), name, exported]}

    def _raised(self, failure: Failure) -> BaseException:
        objects, export_id = self.exported_objects.things, failure.export_id
        if export_id is not None and 0 <= export_id < len(objects):
            original = objects[export_id]
            if isinstance(original, Exception):
                return original
        error = raised(failure)
        if isinstance(error, StopIteration):  # a generator cannot raise StopIteration
            return RuntimeError(f"StopIteration: {error}")
        return error

    def _answer(self, request: Request) -> None:
        """Serve a call of an exported object in a thread of its own, because it may wait for another call.

        Raises SpoofError once there were more than MOST_USES, which ends the process.
        """
        self.left_uses -= 1
        if self.left_uses < 0:
            raise SpoofError(
                f"It used what a check lends more than {MOST_USES:,} times, the limit for one check."
            )
        self._free_threads.acquire()  # further calls wait
        with suppress(RuntimeError):  # the pool has been shut down
            self._exported_pool.submit(self._use_exported, request)

    def _use_exported(self, request: Request) -> None:
        try:
            arguments = tuple(map(self._decoded, request.arguments))
            options = {name: self._decoded(value) for name, value in request.options.items()}
            value = self.exported_objects.use(request.object_id, request.name, arguments, options)
            reply = Reply(number=request.number, value=encode(value, self._aside))
        except BaseException as error:
            encoded = failure(error)
            # Kept as long as the session, so without the frames that hold the arguments.
            export_id = self.exported_objects.number(error.with_traceback(None))
            encoded = encoded.model_copy(update={"export_id": export_id})
            reply = Reply(number=request.number, failure=encoded)
        finally:
            self._free_threads.release()
        with suppress(WorkerError, ValueError):
            self.channel.send(reply)

    @contextmanager
    def _unbroken(self) -> Iterator[None]:
        """Kill the process at the first protocol error; raise that error for this and every later request."""
        if self.broken is not None:
            raise self.broken
        try:
            yield
        except WorkerError as error:
            self._break(error)
            raise self.broken from None
        except MalformedError as error:
            self._break(SpoofError(f"It sent a malformed value: {error}"))
            raise self.broken from None

    def _break(self, error: WorkerError) -> None:
        ended = isinstance(error, GoneError)
        if ended:  # the status of its own exit is more informative than that of our kill
            with suppress(subprocess.TimeoutExpired):
                self.started.process.wait(EXIT_S)
            self.monitor.look()
        self.processes.end()
        status = self.started.process.wait()
        if ended:
            error = GoneError(
                self.monitor.reason or f"Its process has ended (exit status {status})."
            )
        self.broken = error


def new_process(channel: int, spec: SandboxSpec) -> Started:
    """Start a new Python process in a sandbox of its own."""
    limits = spec.limits.model_dump_json()
    return jail.start(
        ("-u", "-m", "grader.remote.learner_process", str(channel), limits), spec, [channel]
    )


@contextmanager
def session(
    spec: SandboxSpec, call_s: float = CALL_S, start: Start = new_process
) -> Iterator[Session]:
    """Yield an empty notebook in a sandbox of its own; end it with the block.

    call_s: time limit of one call, in seconds. start: starts the process. Raises OSError, WorkerError.
    """
    referee_end, learner_end = socket.socketpair()
    with learner_end:
        started = start(learner_end.fileno(), spec)
    processes = Processes(psutil.Process(started.process.pid))
    monitor, tail = ResourceMonitor(processes, spec.limits), Tail(started.process.stdout)
    learner = Session(started, Channel(referee_end), processes, monitor, tail, spec, call_s)
    monitor.start()
    tail.start()
    try:
        learner.cell("", START_S)
        # Nothing of the learner's has run so far. Without a jail it could open its own group.
        processes.hold(new_group(spec.limits) if spec.jailed else None)
        yield learner
    finally:
        learner.end()

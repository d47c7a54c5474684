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
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from grader.remote import process_handle
from grader.remote.cell_history import History
from grader.remote.codec import MalformedError
from grader.remote.connection import RpcConnection
from grader.remote.export_server import ExportServer
from grader.remote.framing import HangingError, Reply, Request, SpoofError, WorkerError, random_id
from grader.remote.process_handle import ProcessHandle, Start, new_process
from grader.remote.proxies import restore
from grader.remote.referee_references import RefereeReferences
from grader.sandbox.jail import SandboxSpec
from grader.sandbox.processes import Processes
from harness.errors import PlainError
from harness.measure.latency.timing import MOST_EVENTS

# starting Python, IPython and the packages takes 1 s, ten times that on a busy machine
START_S = 60.0
CELL_S, CALL_S = 300.0, 10.0
GRACE_S = 5.0  # after its own alarm, for a process to answer before it is killed


class NoProcessError(PlainError):
    """The grader could not start another process for a learner, which is not the learner's fault."""


@dataclass
class Session:
    """A learner's process as the referee uses it.

    call_s: time limit of one call, in seconds. deadline: of all calls, by the monotonic clock. broken: the
    error after which the process was killed.
    """

    process: ProcessHandle
    spec: SandboxSpec
    call_s: float = CALL_S
    deadline: float = math.inf
    broken: WorkerError | None = None
    history: History = field(default_factory=History)
    _busy: threading.Lock = field(default_factory=threading.Lock)
    _second: Session | None = None
    _resources: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        self._references = RefereeReferences(self)
        self._exports = ExportServer(self.process.channel, self._references)
        self._connection = RpcConnection(self.process.channel, self._exports.serve)
        self.renew_limits()
        self._connection.open()

    @property
    def processes(self) -> Processes:
        """Return the processes of the learner."""
        return self.process.processes

    def renew_limits(self, deadline: float = math.inf) -> None:
        """Begin a new check, cell or timed comparison: its deadline, full limits, nothing exported yet."""
        self.deadline = deadline
        self._exports.renew()
        self.process.channel.renew_limit()

    def cell(self, source: str, limit_s: float = CELL_S) -> None:
        """Run a cell. Raises what the cell raises."""
        self.renew_limits()
        self.ask("cell", source, limit_s=limit_s)

    def value(self, name: str) -> object:
        """Return the value of a variable, or a proxy for it. Raises KeyError if it is not defined."""
        return self.ask("value", name)

    def ask(self, verb: str, name: str = "", **request: object) -> object:
        """Return the one value that a request yields. Raises the learner's exception, or WorkerError.

        For the arguments see `parts`.
        """
        with self.history.recorded(verb, name, request):
            [(value, _)] = self.parts(verb, name, **request)
            return value

    def restarted(self, name: str) -> object:
        """Return the value of a variable as a second process has it in which the same cells have run.

        That process has seen none of this one's calls, and Python salts its hashes anew. It lives as long as
        this one. The cells take nothing of the time until the deadline. Raises KeyError, NoProcessError,
        WorkerError, and TimeoutError if the cells take far longer than here.
        """
        left_s = self.deadline - time.monotonic()
        if self._second is None or self._second.broken:
            self._second = self._resources.enter_context(_second(self.spec, self.call_s))
        self.history.repeat_in(self._second)
        self.deadline = time.monotonic() + left_s
        self._second.renew_limits(self.deadline)
        return self._second.value(name)

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
        sent = [self._references.encode(argument) for argument in arguments]
        within_s = self._limit(limit_s)
        concurrent = not self._busy.acquire(blocking=False)
        request = Request(
            number=random_id(),
            verb=verb,
            name=name,
            object_id=object_id,
            arguments=sent,
            limit_s=within_s,
            concurrent=concurrent,
        )
        try:
            with self._killed_on_error():
                yield from self._answers(request, arguments)
        finally:
            if not concurrent:
                self._busy.release()

    def end(self) -> None:
        """Kill all processes, those of the second one included, and remove their files."""
        self._resources.close()
        self.process.end()
        self._exports.close()

    def _limit(self, wanted_s: float | None) -> float:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("All calls together took longer than allowed.")
        return min(left_s, self.call_s if wanted_s is None else wanted_s)

    def _answers(self, request: Request, arguments: tuple) -> Iterator[tuple[object, bool]]:
        replies = self._replies(request)
        for reply in replies:
            if reply.failure is not None:
                raise self._references.exception(reply.failure)
            for position, changed in reply.changed.items():
                restore(arguments[position], self._references.decode(changed))
            try:
                yield self._references.decode(reply.value), reply.more
            # The caller has stopped reading: wait until the process is ready for the next request.
            except GeneratorExit:
                self._drain(replies)
                raise

    def _replies(self, request: Request) -> Iterator[Reply]:
        try:
            yield from self._connection.ask(request, request.limit_s + GRACE_S)
        except HangingError as error:
            if not request.concurrent:
                raise
            # only this call failed, not the process
            raise TimeoutError("The call did not return in time.") from error

    def _drain(self, replies: Iterator[Reply]) -> None:
        try:
            for _ in zip(range(MOST_EVENTS), replies, strict=False):
                pass
        except WorkerError as error:
            self.broken = self.process.kill(error)

    @contextmanager
    def _killed_on_error(self) -> Iterator[None]:
        """Kill the process at the first protocol error; raise that error for this and every later request."""
        if self.broken is not None:
            raise self.broken
        try:
            yield
        except WorkerError as error:
            self.broken = self.process.kill(error)
            raise self.broken from None
        except MalformedError as error:
            malformed = SpoofError(f"It sent a malformed value: {error}")
            self.broken = self.process.kill(malformed)
            raise self.broken from None


@contextmanager
def session(
    spec: SandboxSpec, call_s: float = CALL_S, start: Start = new_process
) -> Iterator[Session]:
    """Yield an empty notebook in a sandbox of its own; end it with the block.

    call_s: time limit of one call, in seconds. start: starts the process. Raises OSError, WorkerError.
    """
    learner = Session(process_handle.started(spec, start), spec, call_s)
    try:
        learner.cell("", START_S)
        learner.process.confine(spec)  # nothing of the learner's has run so far
        yield learner
    finally:
        learner.end()


@contextmanager
def _second(spec: SandboxSpec, call_s: float) -> Iterator[Session]:
    """Yield a session as `session` does. Raises NoProcessError in place of OSError."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(session(spec, call_s))
        except OSError as error:
            raise NoProcessError(f"A second process could not be started ({error}).") from error
        yield started

"""Service of the learner's process: its uses of objects that the referee exports to it during a check."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from grader.remote.framing import (
    Channel,
    Failure,
    Reply,
    Request,
    SpoofError,
    WorkerError,
    block_alarms,
)
from grader.remote.referee_references import RefereeReferences
from grader.remote.remote_errors import to_failure

# Of members of exported objects, between two calls of `renew`. The referee keeps whatever an exported
# object returns or raises. Every golden submission of every lab stays below.
MOST_USES = 100_000
USE_THREADS = 32  # concurrent uses; a check uses six threads at most


@dataclass
class ExportServer:
    """The threads in which exported objects are used, because one use may wait for another.

    left_uses: how often the process may still use an exported object.
    """

    channel: Channel
    references: RefereeReferences
    left_uses: int = MOST_USES
    _free_threads: threading.BoundedSemaphore = field(init=False)
    _pool: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self._free_threads = threading.BoundedSemaphore(USE_THREADS)
        self._pool = ThreadPoolExecutor(USE_THREADS, "exported", initializer=block_alarms)

    def renew(self) -> None:
        """Withdraw all objects, and allow MOST_USES uses of what is exported from now on."""
        self.references.exported.withdraw()
        self.left_uses = MOST_USES

    def serve(self, request: Request) -> None:
        """Serve a use in a thread of its own. Raises SpoofError once there were more than MOST_USES."""
        self.left_uses -= 1
        if self.left_uses < 0:
            raise SpoofError(
                f"It used the objects that a check gives it more than {MOST_USES:,} times, "
                "which is the limit for one check."
            )
        self._free_threads.acquire()  # further uses wait
        with suppress(RuntimeError):  # the pool has been shut down
            self._pool.submit(self._reply_to, request)

    def close(self) -> None:
        """Serve no further uses."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _reply_to(self, request: Request) -> None:
        try:
            reply = Reply(number=request.number, value=self._used(request))
        except BaseException as error:
            reply = Reply(number=request.number, failure=self._failure(error))
        finally:
            self._free_threads.release()
        with suppress(WorkerError, ValueError):
            self.channel.send(reply)

    def _used(self, request: Request) -> object:
        decode, exported = self.references.decode, self.references.exported
        arguments = tuple(map(decode, request.arguments))
        options = {name: decode(value) for name, value in request.options.items()}
        value = exported.use(request.object_id, request.name, arguments, options)
        return self.references.encode(value)

    def _failure(self, error: BaseException) -> Failure:
        encoded = to_failure(error)
        # Kept as long as the check, so without the frames that hold the arguments.
        export_id = self.references.exported.number(error.with_traceback(None))
        return encoded.model_copy(update={"export_id": export_id})

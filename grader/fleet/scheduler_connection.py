"""The connection of a run to its workers, which is made again when the scheduler is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, ExitStack, suppress

from grader.fleet.cluster import FleetError, check_workers
from grader.fleet.scheduler_client import FleetClient
from grader.fleet.worker import identity

Connect = Callable[[], AbstractContextManager[FleetClient]]
# What a client raises when its scheduler is lost: cancelled futures, or a broken connection.
LOST = (CancelledError, OSError, TimeoutError)
# And a cluster that does not start, or an answer that is cut off or not as expected.
FAILED = (*LOST, RuntimeError, EOFError, ValueError, KeyError, TypeError, AttributeError)
RENEWALS = 3  # of the connection without a result in between; then a person should look at it


class Connection:
    """A connection to the workers. They are checked on connecting; a lost scheduler is reconnected.

    `connect` makes the client, and is called again after the scheduler was lost.
    """

    client: FleetClient

    def __init__(self, connect: Connect, say: Callable[[str], None]) -> None:
        self.connect, self.say, self.identity, self.renewals = connect, say, identity(), 0
        self.stack = ExitStack()

    def __enter__(self) -> Connection:
        try:
            self._connect()
        except BaseException:  # its threads would keep the process from ending
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(*FAILED):  # a client of a lost scheduler may fail to say goodbye
            self.stack.close()

    def renew(self, error: BaseException) -> None:
        """Reconnect after `error`. Raises FleetError after more than RENEWALS attempts without a result."""
        self.renewals += 1
        if self.renewals > RENEWALS:
            raise FleetError(
                f"The scheduler was lost {self.renewals} times in a row ({type(error).__name__}). Finished "
                "results are kept; run the same command again when the scheduler is back."
            ) from error
        self.say("The scheduler is lost: waiting for it to come back.")
        with suppress(*FAILED):
            self.stack.close()
        self._connect()

    def _connect(self) -> None:
        try:
            self.client = self.stack.enter_context(self.connect())
            remarks = check_workers(self.client, self.identity)
        except FAILED as error:
            raise FleetError(
                "The scheduler or one of its workers does not answer. Finished results are kept; run the "
                "same command again when all of them do."
            ) from error
        for remark in remarks:
            self.say(remark)

"""A scheduler's client that never waits without end: questions have a limit, and a failed task ends."""

from __future__ import annotations

import logging
import pickletools
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from distributed import Client, Future, wait

# For one question. A busy machine hashes this project's code, which identifies a worker, in some seconds.
ANSWER_S = 60.0
LONGEST_TEXT = 200  # characters of a failure that is shown
MOST_READ = 100_000  # bytes of an exception's pickle, which has some thousand
log = logging.getLogger(__name__)


class FleetClient(Client):
    """Dask's client, with limits.

    A question without an answer raises TimeoutError after ANSWER_S. A task that failed has ended, and its
    exception is not loaded: it stays a pickle, which `failure` and `is_lost_worker` read.
    """

    def sync(
        self,
        func: Callable[..., Any],
        *args: Any,
        asynchronous: bool | None = None,
        callback_timeout: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Do as Dask's `sync` does, within ANSWER_S beyond the call's own time limit."""
        own = kwargs.get("timeout") or 0
        limit = callback_timeout or ANSWER_S + (own if isinstance(own, int | float) else 0)
        return super().sync(
            func, *args, asynchronous=asynchronous, callback_timeout=limit, **kwargs
        )

    def _handle_task_erred(
        self, key: Any = None, exception: Any = None, traceback: Any = None
    ) -> None:
        super()._handle_task_erred(key, Exception(exception), None)

    def _handle_key_in_memory(self, key: Any = None, type: Any = None, workers: Any = None) -> None:
        """Note that a task has its result, and do not load the result's type: that would be a name."""
        super()._handle_key_in_memory(key, None, workers)

    async def _handle_event(self, topic: str, event: Any) -> None:
        """Ignore what a worker says: Dask would print it to a terminal as it is."""

    async def _handle_report(self) -> None:
        """Listen to the scheduler; if that fails, nothing arrives any more, and all tasks count as lost."""
        try:
            await super()._handle_report()
        except Exception:
            log.info("A message of the scheduler could not be read.", exc_info=True)
            for state in self.futures.values():
                state.cancel(
                    reason="unreadable", msg="A message of the scheduler was not readable."
                )

    def ended(self, tasks: Iterable[Future], within_s: float) -> set[Future]:
        """Return the tasks that have ended as soon as there is one, or none after `within_s`.

        Raises CancelledError if a task was cancelled, as it is when the scheduler is lost.
        """
        with self.as_current(), suppress(TimeoutError):
            return set(wait(list(tasks), timeout=within_s, return_when="FIRST_COMPLETED").done)
        return set()

    def states(self, tasks: Iterable[Future]) -> dict[Future, str | None]:
        """Return the state that each task has at the scheduler, None if the scheduler does not know it.

        Raises OSError or TimeoutError if it does not say so.
        """
        keys = {task.key: task for task in tasks}
        try:
            found = self.sync(self.scheduler.get_task_status, keys=list(keys))
            return {task: found[key] for key, task in keys.items()}
        except (OSError, TimeoutError):
            raise
        except Exception as error:  # whatever a scheduler of another version answers
            raise ConnectionError("The scheduler does not say what its tasks do.") from error


def failure(error: BaseException) -> str:
    """Return what a task's exception says, also if it is a pickle that was not loaded."""
    text = f"{type(error).__name__}: {error}"
    if _content(error) is not None:
        text = max(_texts(error), key=len, default="an exception that is not loaded")
    return " ".join(text.replace("\\n", " ").split())[:LONGEST_TEXT]


def is_lost_worker(error: BaseException) -> bool:
    """Return True if a task's exception says that several workers ended during the task."""
    # tblib's name may come first
    return {"distributed.scheduler", "KilledWorker"} <= {*islice(_texts(error), 4)}


def _content(error: BaseException) -> bytes | None:
    [content] = error.args if len(error.args) == 1 else [None]
    return content if isinstance(content, bytes) else None


def _texts(error: BaseException) -> Iterator[str]:
    """Yield the texts in an exception's pickle, the type's name first. Nothing of it is run."""
    with suppress(Exception):  # it may be anything
        for _, value, _ in pickletools.genops((_content(error) or b"")[:MOST_READ]):
            if isinstance(value, str):
                yield value

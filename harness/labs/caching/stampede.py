"""Many who ask for the same at the same moment: when each began to wait, and when it had its answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Wait:
    """One caller. Times in ms since all of them were let go."""

    start_ms: float
    end_ms: float


def stampede(answer: Callable[[], object], callers: int) -> list[Wait]:
    """`answer` called by so many threads at once; their waits, in the order in which they ended.

    Raises the first error of a caller.
    """
    gate = threading.Barrier(callers)
    waits: list[Wait] = []
    errors: list[Exception] = []
    opened: list[int] = []

    def ask() -> None:
        gate.wait()
        opened.append(time.perf_counter_ns())
        start = time.perf_counter_ns()
        try:
            answer()
        except Exception as error:
            errors.append(error)
        end = time.perf_counter_ns()
        waits.append(Wait((start - opened[0]) / NS_PER_MS, (end - opened[0]) / NS_PER_MS))

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sorted(waits, key=lambda wait: wait.end_ms)

"""A cache stampede: several callers ask for the same answer at once, and their waiting times are recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait of one caller: start and end in ms since all callers were released."""

    start_ms: float
    end_ms: float


def stampede(answer: Callable[[], object], callers: int) -> list[Wait]:
    """Call `answer` from `callers` threads at once, and return their waits in the order of their ends.

    Raises the first error of a caller.
    """
    barrier = threading.Barrier(callers)
    waits: list[Wait] = []
    errors: list[Exception] = []
    starts: list[int] = []

    def ask() -> None:
        barrier.wait()
        starts.append(time.perf_counter_ns())
        start = time.perf_counter_ns()
        try:
            answer()
        except Exception as error:
            errors.append(error)
        end = time.perf_counter_ns()
        waits.append(Wait((start - starts[0]) / NS_PER_MS, (end - starts[0]) / NS_PER_MS))

    threads = [threading.Thread(target=ask) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return sorted(waits, key=lambda wait: wait.end_ms)

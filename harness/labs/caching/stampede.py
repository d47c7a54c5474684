"""A cache stampede: several callers ask for the same answer at once, and their waiting times are recorded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.models.engines.llama_model import LlamaModel

NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait of one caller: start and end in ms since all callers were released."""

    start_ms: float
    end_ms: float


@dataclass
class OneAtATime:
    """A computation by a model that answers one request at a time, and each without its prefix cache.

    calls: how often it was called.
    """

    model: LlamaModel
    compute: Callable[[], object]
    calls: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> object:
        with self.lock:
            self.calls += 1
            self.model.forget()
            return self.compute()


def stampedes(
    ways: Mapping[str, Callable[[], object]], compute: OneAtATime, callers: int
) -> dict[str, tuple[list[Wait], int]]:
    """Return the waits of a stampede on each of `ways` to answer, and how often it called `compute`."""
    runs = {}
    for name, answer in ways.items():
        before = compute.calls
        runs[name] = (stampede(answer, callers), compute.calls - before)
    return runs


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

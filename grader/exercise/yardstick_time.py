"""What the yardstick takes where a check runs: 500 ms by definition, or what a referee has just measured.

A bound in ms would fail honest work on a slow or busy machine, so checks state bounds as shares of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from harness.measure.latency.yardstick import BAR_MS

_measured: ContextVar[float] = ContextVar("measured", default=BAR_MS)


def yardstick_ms() -> float:
    """Return the yardstick's end-to-end time in ms: 500 unless a referee has measured it."""
    return _measured.get()


@contextmanager
def yardstick_takes(ms: float) -> Iterator[None]:
    """Let checks inside the block use `ms`, the yardstick's measured time."""
    token = _measured.set(ms)
    try:
        yield
    finally:
        _measured.reset(token)

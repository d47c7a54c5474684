"""Many latencies of one kind, and the percentiles that their number allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from harness.measure.latency.stats import percentile, samples_needed


@dataclass(frozen=True, slots=True)
class Latencies:
    """In ms; a percentile is None where `n` is too small for it: below 5, 44 and 459 samples."""

    n: int
    p50: float | None
    p90: float | None
    p99: float | None
    max: float | None

    def to_json(self) -> dict[str, float | None]:
        """Plain types for `json.dumps`."""
        return asdict(self)


def latencies(samples_ms: Sequence[float]) -> Latencies:
    """What `samples_ms` may claim; of none, nothing. Raises ValueError for one that is not finite."""
    marks = (supported(samples_ms, q) for q in (50, 90, 99))
    return Latencies(len(samples_ms), *marks, max=max(samples_ms, default=None))


def supported(samples: Sequence[float], q: float) -> float | None:
    """Percentile `q`, 0 to 100, or None when there are too few samples for it."""
    return percentile(samples, q) if len(samples) >= samples_needed(q) else None

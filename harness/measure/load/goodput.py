"""Results of a load test: latencies, throughput and goodput.

Goodput counts the requests that are within every limit at once. A request with a fault never counts as
good and has no latency, so look at the faults before the percentiles.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import Timing
from harness.measure.stats import Latencies, Proportion, latencies


@dataclass(frozen=True, slots=True)
class Limits:
    """The latency targets of a request, in ms; both must hold."""

    ttft_ms: float = 200.0  # below this, streaming feels like an answer rather than a wait
    e2e_ms: float = 500.0  # the target of the interview question


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a run.

    intended_ms: planned start, since the run began. waited_ms: from then until it was sent; 0 in a closed
    loop, which plans no starts.
    """

    intended_ms: float
    waited_ms: float
    outcome: Timing | Fault

    @property
    def e2e_ms(self) -> float | None:
        """Return the time from the intended start to the last event; None for a fault."""
        return None if isinstance(self.outcome, Fault) else self.waited_ms + self.outcome.e2e_ms

    @property
    def ttft_ms(self) -> float | None:
        """Return the time from the intended start to the first text; None for a fault."""
        if isinstance(self.outcome, Fault) or self.outcome.ttft_ms is None:
            return None
        return self.waited_ms + self.outcome.ttft_ms

    def within(self, limits: Limits) -> bool:
        """Return True if the request has no fault and both times are within their limits."""
        if self.e2e_ms is None or self.ttft_ms is None:
            return False
        return self.e2e_ms <= limits.e2e_ms and self.ttft_ms <= limits.ttft_ms


@dataclass(frozen=True, slots=True)
class Goodput:
    """Requests within the limits: as a share of all requests, and per second."""

    share: Proportion
    per_s: float


@dataclass(frozen=True, slots=True)
class LoadRun:
    """The requests of a run, at least one, in the order of their intended starts.

    seconds: from the start of the run to the end of its last request. load: a description of the load.
    """

    requests: tuple[Request, ...]
    seconds: float
    load: str

    @property
    def e2e_ms(self) -> Latencies:
        """Return the end-to-end latencies of the requests without a fault, from the intended start."""
        return latencies([r.e2e_ms for r in self.requests if r.e2e_ms is not None])

    @property
    def ttft_ms(self) -> Latencies:
        """Return the TTFT of the requests without a fault, from the intended start."""
        return latencies([r.ttft_ms for r in self.requests if r.ttft_ms is not None])

    @property
    def waited_ms(self) -> Latencies:
        """Return how late requests were sent, those with a fault included: the queue before the assistant."""
        return latencies([request.waited_ms for request in self.requests])

    @property
    def faults(self) -> dict[str, int]:
        """Return the number of faults of each kind."""
        kinds = Counter(r.outcome.kind for r in self.requests if isinstance(r.outcome, Fault))
        return {str(kind): count for kind, count in kinds.items()}

    @property
    def throughput_per_s(self) -> float:
        """Return the requests per second that finished without a fault."""
        return (len(self.requests) - sum(self.faults.values())) / self.seconds

    def goodput(self, limits: Limits) -> Goodput:
        """Return the requests within the limits, as a share and per second."""
        good = sum(request.within(limits) for request in self.requests)
        return Goodput(Proportion(good, len(self.requests)), good / self.seconds)

    def to_json(self, limits: Limits) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        good = self.goodput(limits)
        return {
            "load": self.load,
            "n": len(self.requests),
            "seconds": self.seconds,
            "e2e_ms": self.e2e_ms.to_json(),
            "ttft_ms": self.ttft_ms.to_json(),
            "waited_ms": self.waited_ms.to_json(),
            "throughput_per_s": self.throughput_per_s,
            "goodput": {
                "limits_ms": {"ttft": limits.ttft_ms, "e2e": limits.e2e_ms},
                "share": good.share.to_json(),
                "per_s": good.per_s,
            },
            "faults": self.faults,
        }

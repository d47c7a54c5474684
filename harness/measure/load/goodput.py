"""What users got under load: latencies, throughput, and goodput.

Goodput is the part that was good enough: requests within every limit at once. A request with a fault is
never good, and it has no latency, so look at the faults before the percentiles.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from harness.measure.latency.faults import Fault
from harness.measure.latency.latencies import Latencies, latencies
from harness.measure.latency.stats import Proportion
from harness.measure.latency.timing import Timing


@dataclass(frozen=True, slots=True)
class Limits:
    """What a user is promised, in ms; both must hold."""

    ttft_ms: float = 200.0  # where streaming starts to feel like an answer rather than a wait
    e2e_ms: float = 500.0  # the interview question's


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a run.

    intended_ms: when it was to start, since the run began. waited_ms: from then until it was sent; 0 in a
    closed loop, where the intention is the sending.
    """

    intended_ms: float
    waited_ms: float
    outcome: Timing | Fault

    @property
    def e2e_ms(self) -> float | None:
        """From the intended start to the last event; None for a fault."""
        return None if isinstance(self.outcome, Fault) else self.waited_ms + self.outcome.e2e_ms

    @property
    def ttft_ms(self) -> float | None:
        """From the intended start to the first text; None for a fault."""
        if isinstance(self.outcome, Fault) or self.outcome.ttft_ms is None:
            return None
        return self.waited_ms + self.outcome.ttft_ms

    def within(self, limits: Limits) -> bool:
        """True when it has no fault and both times are within their limits."""
        if self.e2e_ms is None or self.ttft_ms is None:
            return False
        return self.e2e_ms <= limits.e2e_ms and self.ttft_ms <= limits.ttft_ms


@dataclass(frozen=True, slots=True)
class Goodput:
    """Requests within the limits: as a share of all that were made, and each second."""

    share: Proportion
    per_s: float


@dataclass(frozen=True, slots=True)
class LoadRun:
    """A whole run, at least one request, in the order they were to start.

    seconds: from its beginning to the end of its last request. load: how they were sent, in words.
    """

    requests: tuple[Request, ...]
    seconds: float
    load: str

    @property
    def e2e_ms(self) -> Latencies:
        """Of the requests without a fault, from the intended start."""
        return latencies([r.e2e_ms for r in self.requests if r.e2e_ms is not None])

    @property
    def ttft_ms(self) -> Latencies:
        """Of the requests without a fault, from the intended start."""
        return latencies([r.ttft_ms for r in self.requests if r.ttft_ms is not None])

    @property
    def waited_ms(self) -> Latencies:
        """How long requests were late, the faulty included: the queue before the assistant."""
        return latencies([request.waited_ms for request in self.requests])

    @property
    def faults(self) -> dict[str, int]:
        """How often each kind of fault came."""
        found = (r.outcome.kind for r in self.requests if isinstance(r.outcome, Fault))
        return {str(kind): count for kind, count in Counter(found).items()}

    @property
    def throughput_per_s(self) -> float:
        """Requests finished without a fault, each second of the run."""
        return (len(self.requests) - sum(self.faults.values())) / self.seconds

    def goodput(self, limits: Limits) -> Goodput:
        """How much of it was good enough."""
        good = sum(request.within(limits) for request in self.requests)
        return Goodput(Proportion(good, len(self.requests)), good / self.seconds)

    def to_json(self, limits: Limits) -> dict[str, object]:
        """Plain types for `json.dumps`."""
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

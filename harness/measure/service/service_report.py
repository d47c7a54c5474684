"""The report of a run against a service: times with intervals, tokens, parts, ceilings, and what to try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import Timing
from harness.measure.machine.describe import describe
from harness.measure.service.parts import STREAM, Ceiling, ceilings
from harness.measure.service.service_run import Outcome
from harness.measure.stats import Interval, Proportion, percentile_interval, supported

LIMIT_MS = 500.0
MOST_ADVICE = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of n samples with their 95 % intervals; None where n is too small."""

    n: int
    p50: float | None
    p50_interval: Interval | None
    p90: float | None
    p90_interval: Interval | None


def spread(samples: Sequence[float]) -> Spread:
    """Return the percentiles that the number of samples allows."""
    found: list[float | Interval | None] = []
    for q in (50, 90):
        value = supported(samples, q)
        found += [value, None if value is None else percentile_interval(samples, q)]
    return Spread(len(samples), *found)


@dataclass(frozen=True)
class ServiceReport:
    """The outcomes of a run against `name`; the first request is the cold one. n: requests planned."""

    name: str
    n: int
    outcomes: tuple[Outcome, ...]

    @property
    def cold(self) -> Timing | None:
        """Return the first request, which opens the connection and wakes the service; None after a fault."""
        first = self.outcomes[0].result if self.outcomes else None
        return first if isinstance(first, Timing) else None

    @property
    def warm(self) -> list[Outcome]:
        """Return the timed requests after the first."""
        return [outcome for outcome in self.outcomes[1:] if isinstance(outcome.result, Timing)]

    @property
    def ttft_ms(self) -> Spread:
        """Return the time to first token of warm requests."""
        found = [outcome.result.ttft_ms for outcome in self.warm]
        return spread([ms for ms in found if ms is not None])

    @property
    def e2e_ms(self) -> Spread:
        """Return the end-to-end time of warm requests."""
        return spread([outcome.result.e2e_ms for outcome in self.warm])

    @property
    def inter_token_ms(self) -> Spread:
        """Return the mean time between tokens of each warm request that streamed more than one."""
        found = map(inter_token_ms, self.warm)
        return spread([ms for ms in found if ms is not None])

    @property
    def connect_ms(self) -> list[float]:
        """Return the time of each connection that was opened."""
        found = (outcome.exchange for outcome in self.outcomes if outcome.exchange)
        return [exchange.connect_ms for exchange in found if exchange.connect_ms]

    @property
    def streamed(self) -> bool:
        """Return False if most answers came in one piece; an answer of one word always does."""
        whole = [outcome for outcome in self.warm if outcome.result.pieces < 2]
        return 2 * len(whole) <= len(self.warm)

    @property
    def faults(self) -> Counter[str]:
        """Return how often each fault occurred, by its sentence; refusals for being busy included."""
        results = (outcome.result for outcome in self.outcomes)
        return Counter(result.sentence for result in results if isinstance(result, Fault))

    @property
    def right(self) -> Proportion:
        """Return the share of right answers among the answers with an expectation."""
        asked = [o for o in self.outcomes if isinstance(o.result, Timing)]
        judged = [_right(outcome) for outcome in asked]
        known = [each for each in judged if each is not None]
        return Proportion(sum(known), len(known))

    @property
    def ceilings(self) -> list[Ceiling]:
        """Return the ceiling of each fix, over warm requests."""
        return ceilings(self.warm)

    @property
    def advice(self) -> list[tuple[str, str]]:
        """Return what the labs would try first, each with its lab."""
        first = [] if self.streamed else [STREAM]
        largest = [(row.fix, row.lab) for row in self.ceilings]
        return list(dict.fromkeys([*first, *largest]))[:MOST_ADVICE]

    def tokens(self, count: Callable[[Outcome], int | None]) -> float | None:
        """Return the median over warm requests of a number of tokens, if it is known."""
        found = [number for outcome in self.warm if (number := count(outcome)) is not None]
        return median(found) if found else None

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`; times in ms."""
        cold = self.cold
        return {
            "name": self.name,
            "planned": self.n,
            "requests": len(self.outcomes),
            "cold": cold and {"ttft_ms": cold.ttft_ms, "e2e_ms": cold.e2e_ms},
            **{
                name: asdict(getattr(self, name))
                for name in ("ttft_ms", "e2e_ms", "inter_token_ms")
            },
            "connect_ms": self.connect_ms,
            "streamed": self.streamed,
            "prompt_tokens": self.tokens(prompt_tokens),
            "completion_tokens": self.tokens(tokens),
            "right": self.right.to_json(),
            "ceilings": [asdict(row) for row in self.ceilings],
            "advice": [{"try": fix, "lab": lab} for fix, lab in self.advice],
            "faults": dict(self.faults),
            "machine": asdict(describe()),
        }


def inter_token_ms(outcome: Outcome) -> float | None:
    """Return the mean time between an answer's tokens; None unless it streamed more than one."""
    gaps, count = outcome.result.gaps_ms, tokens(outcome) or 0
    return sum(gaps) / (count - 1) if gaps and count > 1 else None


def tokens(outcome: Outcome) -> int | None:
    """Return the tokens of an answer as the service counts them, or else its pieces of text, if several."""
    counted = outcome.exchange.completion_tokens if outcome.exchange else None
    pieces = outcome.result.pieces
    return counted or (pieces if pieces > 1 else None)


def prompt_tokens(outcome: Outcome) -> int | None:
    """Return the tokens of the prompt, if the service counts them."""
    return outcome.exchange.prompt_tokens if outcome.exchange else None


def _right(outcome: Outcome) -> bool | None:
    timed = isinstance(outcome.result, Timing)
    return outcome.asked.right(outcome.result.answer.text if timed else "")

"""The report of a run against a service: times with intervals, tokens, parts, ceilings, and what to try."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, median

from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import Timing
from harness.measure.machine.busy import Busy, beside
from harness.measure.machine.describe import describe
from harness.measure.service.detail import Alike, alike
from harness.measure.service.own_questions import WrongAnswer, wrong_answer
from harness.measure.service.parts import STREAM, Ceiling, ceilings, overstated, streamed
from harness.measure.service.service_run import Outcome
from harness.measure.stats import Interval, Proportion, percentile_interval, supported

LIMIT_MS = 500.0
MOST_ADVICE = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and percentiles of n samples, these with 95 % intervals; None where n is too small."""

    n: int
    p50: float | None
    p50_interval: Interval | None
    p90: float | None
    p90_interval: Interval | None
    mean: float | None


def spread(samples: Sequence[float]) -> Spread:
    """Return what the number of samples allows."""
    found: list[float | Interval | None] = []
    for q in (50, 90):
        value = supported(samples, q)
        found += [value, None if value is None else percentile_interval(samples, q)]
    mean = None if found[0] is None else fmean(samples)
    return Spread(len(samples), *found, mean)


@dataclass(frozen=True)
class ServiceReport:
    """The outcomes of a run against `name`; the first request with an answer is the cold one.

    n: requests planned. busy: the load of this machine before and after. interrupted: by the user. notes:
    what was sent otherwise than planned. settings: with which the run can be repeated. hide: takes keys out
    of answers.
    """

    name: str
    n: int
    outcomes: tuple[Outcome, ...]
    busy: tuple[Busy, ...] = ()
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    hide: Callable[[str], str] = field(default=str, repr=False)

    @property
    def beside(self) -> str:
        """Return which programs used this machine beside the run; "" if it was quiet."""
        return beside(self.busy)

    @property
    def cold(self) -> Timing | None:
        """Return the first answer, for which the service had to wake up; None if there is none."""
        return next((outcome.result for outcome in self.timed), None)

    @property
    def timed(self) -> list[Outcome]:
        """Return the requests with an answer."""
        return [outcome for outcome in self.outcomes if isinstance(outcome.result, Timing)]

    @property
    def warm(self) -> list[Outcome]:
        """Return the timed requests after the cold one."""
        return self.timed[1:]

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
        """Return whether at least half of the answers came in several pieces; one word never does."""
        return streamed(self.warm)

    @property
    def faults(self) -> Counter[str]:
        """Return how often each fault occurred, by its sentence; refusals for being busy included."""
        results = (outcome.result for outcome in self.outcomes)
        return Counter(result.sentence for result in results if isinstance(result, Fault))

    @property
    def right(self) -> Proportion:
        """Return the share of right answers among the answers with an expectation."""
        known = [outcome for outcome in self.timed if outcome.asked.expected]
        return Proportion(len(known) - len(self.wrong), len(known))

    @property
    def wrong(self) -> list[WrongAnswer]:
        """Return the answers that are not as expected, in the order of the run."""
        found = (wrong_answer(o.asked, o.result.answer.text, self.hide) for o in self.timed)
        return [each for each in found if each is not None]

    @property
    def divided(self) -> Alike:
        """Return the warm requests whose time is divided into the same parts."""
        return alike(self.warm)

    @property
    def ceilings(self) -> list[Ceiling]:
        """Return the ceiling of each fix, over the divided requests."""
        return ceilings(self.divided.outcomes)

    def remarks(self) -> Iterator[str]:
        """Yield what a reader of the times and parts must know."""
        yield from self.notes
        if self.interrupted:
            yield f"Interrupted after {len(self.outcomes)} of {self.n} requests."
        yield from self.divided.notes
        if more := sum(map(overstated, self.divided.outcomes)):
            yield (
                f"The server states more time than there was until its reply began, for {more} requests: its "
                "parts were made smaller in proportion."
            )
        if moved := sum(outcome.moved for outcome in self.divided.outcomes):
            yield (
                f"The server's clock is another one: the spans of {moved} requests were moved to their "
                "middle, so that their parts are estimates."
            )

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
            "traced": sum(outcome.trace is not None for outcome in self.outcomes),
            "settings": dict(self.settings),
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
            "wrong": [asdict(each) for each in self.wrong],
            "ceilings": [asdict(row) for row in self.ceilings],
            "advice": [{"try": fix, "lab": lab} for fix, lab in self.advice],
            "faults": dict(self.faults),
            "notes": list(self.remarks()),
            "interrupted": self.interrupted,
            "beside": self.beside,
            "busy": [asdict(load) for load in self.busy],
            "machine": asdict(describe()),
        }


def inter_token_ms(outcome: Outcome) -> float | None:
    """Return the mean time between an answer's tokens; None unless it streamed more than one.

    Tokens of hidden reasoning are paid for, but come before the text.
    """
    hidden = outcome.exchange.reasoning_tokens if outcome.exchange else 0
    gaps, count = outcome.result.gaps_ms, (tokens(outcome) or 0) - hidden
    return sum(gaps) / (count - 1) if gaps and count > 1 else None


def tokens(outcome: Outcome) -> int | None:
    """Return the tokens of an answer as the service counts them, or else its pieces of text, if several."""
    counted = outcome.exchange.completion_tokens if outcome.exchange else None
    pieces = outcome.result.pieces
    return counted or (pieces if pieces > 1 else None)


def prompt_tokens(outcome: Outcome) -> int | None:
    """Return the tokens of the prompt, if the service counts them."""
    return outcome.exchange.prompt_tokens if outcome.exchange else None

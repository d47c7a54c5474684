"""An interleaved comparison of two assistants on the same questions, in the order A B B A.

Both answer each question back to back, so anything that slows the machine for longer than a pair slows
both and cancels in the ratio. The one that begins alternates, so that going second is no advantage.

A service may remember a prompt and answer at once when it reads the same one again. For services, the two
questions of a block are therefore crossed: A asks the first, B the second, B the first, A the second.

After one fault on either side there is no number: the requests that failed might have been the slow ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.assistant import Assistant, Question
from harness.errors import WrongUseError
from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import CLOCK, DEADLINE_S, Clock, Timing, time_or_fault
from harness.measure.stats import (
    MEDIAN_FROM,
    Interval,
    Latencies,
    bootstrap_ratio,
    latencies,
    median_ratio,
)

Side = Literal["a", "b"]
Measured = Literal["e2e_ms", "ttft_ms"]  # end-to-end, or time to first token
Ask = Callable[[Assistant, Question], Timing | Fault]


@dataclass(frozen=True, slots=True)
class Pair:
    """The outcomes of both assistants for one question, measured in the same block."""

    question: Question
    a: Timing | Fault
    b: Timing | Fault
    a_first: bool


@dataclass(frozen=True, slots=True)
class Ratio:
    """The ratio median(a) / median(b) with its 95 % bootstrap interval over pairs; below 1, a is faster."""

    p50: float
    interval: Interval

    @classmethod
    def of(cls, a: Sequence[float], b: Sequence[float]) -> Ratio:
        """Return the ratio of paired times, a[i] and b[i] measured back to back; see `bootstrap_ratio`."""
        return cls(median_ratio(a, b), bootstrap_ratio(a, b))

    def to_json(self) -> dict[str, float]:
        """Return plain types for `json.dumps`."""
        return {"p50": self.p50, "low": self.interval.low, "high": self.interval.high}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The pairs measured so far, oldest first; after a fault it has no times and no ratios."""

    pairs: tuple[Pair, ...] = ()

    @property
    def faults(self) -> dict[Side, tuple[Fault, ...]]:
        """Return the faults of each side, oldest first."""
        return {
            side: tuple(outcome for outcome in self._outcomes(side) if isinstance(outcome, Fault))
            for side in "ab"
        }

    @property
    def clean(self) -> bool:
        """Return True if neither side has a fault."""
        return not any(self.faults.values())

    @property
    def ratios(self) -> tuple[float, ...]:
        """Return end-to-end a / b of each pair, on which a verdict is based; empty after a fault."""
        both = zip(self.samples("a", "e2e_ms"), self.samples("b", "e2e_ms"), strict=True)
        return tuple(a / b for a, b in both)

    def samples(self, side: Side, measured: Measured) -> list[float]:
        """Return one time for each pair, in ms; empty after a fault."""
        if not self.clean:
            return []
        return [getattr(timing, measured) for timing in self._outcomes(side)]

    def latencies(self, side: Side, measured: Measured) -> Latencies:
        """Return the percentiles of one side that the number of pairs allows."""
        return latencies(self.samples(side, measured))

    def ratio(self, measured: Measured) -> Ratio | None:
        """Return the paired ratio; None after a fault or with fewer than 5 pairs."""
        a, b = self.samples("a", measured), self.samples("b", measured)
        if len(a) < MEDIAN_FROM:
            return None
        return Ratio(median_ratio(a, b), bootstrap_ratio(a, b))

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`: times in ms, each sample rounded to a microsecond."""
        times: tuple[Measured, ...] = ("e2e_ms", "ttft_ms")
        ratio, ttft_ratio = ((r := self.ratio(m)) and r.to_json() for m in times)
        return {
            "n": len(self.pairs),
            **{m: {side: self.latencies(side, m).to_json() for side in "ab"} for m in times},
            "ratio": ratio,
            "ttft_ratio": ttft_ratio,
            "faults": {side: _counted(faults) for side, faults in self.faults.items()},
            "samples": {
                m: {side: [round(ms, 3) for ms in self.samples(side, m)] for side in "ab"}
                for m in times
            },
        }

    def _outcomes(self, side: str) -> list[Timing | Fault]:
        return [getattr(pair, side) for pair in self.pairs]


def blocks(
    a: Assistant,
    b: Assistant,
    questions: Sequence[Question],
    *,
    warm_up: Sequence[Question] = (),
    reset: Callable[[], object] = lambda: None,
    crossed: bool = False,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
) -> Iterator[Comparison]:
    """Yield the comparison so far after each block A B B A of two questions, to show it or to stop early.

    warm_up: other questions that both answer before the measurement, so that page-in and first-call costs do
    not count. reset: called before every request, outside the measured time, to forget earlier requests.
    crossed: ask no question twice in a row, as above.
    Raises WrongUseError unless there is an even number of questions, at least 2.
    """
    if not questions or len(questions) % 2:
        raise WrongUseError(
            "A comparison needs an even number of questions, at least 2, "
            f"because it asks them in blocks of two: there are {len(questions)}."
        )

    def ask(assistant: Assistant, question: Question) -> Timing | Fault:
        reset()
        return time_or_fault(assistant, question, deadline_s, clock)

    return _blocks(ask, a, b, questions, warm_up, _crossed if crossed else _back_to_back)


def compare(
    a: Assistant,
    b: Assistant,
    questions: Sequence[Question],
    *,
    warm_up: Sequence[Question] = (),
    reset: Callable[[], object] = lambda: None,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
) -> Comparison:
    """Run all blocks, or those up to the first fault, and return the comparison. See `blocks`."""
    options = {"warm_up": warm_up, "reset": reset, "deadline_s": deadline_s, "clock": clock}
    comparison = Comparison()  # replaced by the last one that is yielded
    for comparison in blocks(a, b, questions, **options):
        if not comparison.clean:
            break
    return comparison


def _blocks(
    ask: Ask,
    a: Assistant,
    b: Assistant,
    questions: Sequence[Question],
    warm_up: Sequence[Question],
    block: Callable[..., tuple[Pair, Pair]],
) -> Iterator[Comparison]:
    for question in warm_up:
        _pair(ask, a, b, question, a_first=True)
    pairs: tuple[Pair, ...] = ()
    for first, second in zip(questions[::2], questions[1::2], strict=True):
        pairs += block(ask, a, b, first, second)
        yield Comparison(pairs)


def _back_to_back(
    ask: Ask, a: Assistant, b: Assistant, first: Question, second: Question
) -> tuple[Pair, Pair]:
    return _pair(ask, a, b, first, a_first=True), _pair(ask, a, b, second, a_first=False)


def _crossed(
    ask: Ask, a: Assistant, b: Assistant, first: Question, second: Question
) -> tuple[Pair, Pair]:
    a_first, b_second = ask(a, first), ask(b, second)
    b_first, a_second = ask(b, first), ask(a, second)
    return Pair(first, a_first, b_first, True), Pair(second, a_second, b_second, False)


def _pair(ask: Ask, a: Assistant, b: Assistant, question: Question, a_first: bool) -> Pair:
    outcomes = {
        side: ask(a if side == "a" else b, question) for side in ("ab" if a_first else "ba")
    }
    return Pair(question, outcomes["a"], outcomes["b"], a_first)


def _counted(faults: Sequence[Fault]) -> dict[str, dict[str, object]]:
    """Return how often each kind occurred, and the sentence of the first fault of that kind."""
    counts = Counter(fault.kind for fault in faults)
    first = {fault.kind: fault.sentence for fault in reversed(faults)}
    return {str(kind): {"count": n, "first": first[kind]} for kind, n in counts.items()}

"""Two assistants over the same questions, interleaved: A B B A, and again.

Each question is answered by both, back to back, so whatever slows the machine for longer than a pair
slows both and cancels in the ratio. Who begins alternates, so that going second is worth nothing.

One fault on either side and there is no number: the requests that went wrong might have been the
slow ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.assistant import Assistant, Question
from harness.errors import WrongUseError
from harness.measure.latency.faults import Fault
from harness.measure.latency.latencies import Latencies, latencies
from harness.measure.latency.stats import (
    MEDIAN_FROM,
    Interval,
    bootstrap_ratio,
    median_ratio,
)
from harness.measure.latency.timing import CLOCK, DEADLINE_S, Clock, Timing, clocked

Side = Literal["a", "b"]
Measured = Literal["e2e_ms", "ttft_ms"]  # end-to-end, or time to first token
Ask = Callable[[Assistant, Question], Timing | Fault]


@dataclass(frozen=True, slots=True)
class Pair:
    """What both did with one question, one right after the other."""

    question: Question
    a: Timing | Fault
    b: Timing | Fault
    a_first: bool


@dataclass(frozen=True, slots=True)
class Ratio:
    """median(a) / median(b) with its 95 % bootstrap interval over pairs; below 1, a is faster."""

    p50: float
    interval: Interval

    def to_json(self) -> dict[str, float]:
        """Plain types for `json.dumps`."""
        return {"p50": self.p50, "low": self.interval.low, "high": self.interval.high}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All pairs so far, oldest first. Every number is missing once there is a fault."""

    pairs: tuple[Pair, ...] = ()

    @property
    def faults(self) -> dict[Side, tuple[Fault, ...]]:
        """What went wrong, by side, oldest first."""
        return {side: tuple(o for o in self._of(side) if isinstance(o, Fault)) for side in "ab"}

    @property
    def clean(self) -> bool:
        """True when nothing went wrong on either side."""
        return not any(self.faults.values())

    @property
    def ratios(self) -> tuple[float, ...]:
        """End-to-end of a / b for each pair: what a verdict rests on. Empty once there is a fault."""
        both = zip(self.samples("a", "e2e_ms"), self.samples("b", "e2e_ms"), strict=True)
        return tuple(a / b for a, b in both)

    def samples(self, side: Side, measured: Measured) -> list[float]:
        """One time a pair, in ms; none once there is a fault."""
        return [getattr(one, measured) for one in self._of(side)] if self.clean else []

    def latencies(self, side: Side, measured: Measured) -> Latencies:
        """p50 and p90 of one side, as far as there are pairs enough."""
        return latencies(self.samples(side, measured))

    def ratio(self, measured: Measured) -> Ratio | None:
        """The paired ratio; None after a fault and below 5 pairs."""
        a, b = self.samples("a", measured), self.samples("b", measured)
        if len(a) < MEDIAN_FROM:
            return None
        return Ratio(median_ratio(a, b), bootstrap_ratio(a, b))

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`: times in ms, each sample rounded to a microsecond."""
        times: tuple[Measured, ...] = ("e2e_ms", "ttft_ms")
        ratio, ttft_ratio = ((r := self.ratio(m)) and r.to_json() for m in times)
        return {
            "n": len(self.pairs),
            **{m: {side: self.latencies(side, m).to_json() for side in "ab"} for m in times},
            "ratio": ratio,
            "ttft_ratio": ttft_ratio,
            "faults": {side: _counted(found) for side, found in self.faults.items()},
            "samples": {
                m: {side: [round(ms, 3) for ms in self.samples(side, m)] for side in "ab"}
                for m in times
            },
        }

    def _of(self, side: str) -> list[Timing | Fault]:
        return [getattr(pair, side) for pair in self.pairs]


def blocks(
    a: Assistant,
    b: Assistant,
    questions: Sequence[Question],
    *,
    warm_up: Sequence[Question] = (),
    reset: Callable[[], object] = lambda: None,
    deadline_s: float = DEADLINE_S,
    clock: Clock = CLOCK,
) -> Iterator[Comparison]:
    """The comparison so far, after each block A B B A of two questions: to show, or to stop early.

    warm_up: questions, others than those measured, that both answer off the clock first: page-in and
    first-call costs are nobody's latency. reset: called off the clock before every request, where
    nothing may be remembered from one to the next. Raises WrongUseError unless the questions are even
    in number and at least 2.
    """
    if not questions or len(questions) % 2:
        raise WrongUseError(
            f"A comparison asks its questions two by two, and there are {len(questions)}: "
            "give an even number."
        )

    def ask(assistant: Assistant, question: Question) -> Timing | Fault:
        reset()
        return clocked(assistant, question, deadline_s, clock)

    return _blocks(ask, a, b, questions, warm_up)


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
    """All blocks, or those up to the first fault: after it there is no number to gain. See `blocks`."""
    options = {"warm_up": warm_up, "reset": reset, "deadline_s": deadline_s, "clock": clock}
    comparison = Comparison()  # then the last one that was yielded
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
) -> Iterator[Comparison]:
    for question in warm_up:
        _pair(ask, a, b, question, a_first=True)
    pairs: tuple[Pair, ...] = ()
    for first, second in zip(questions[::2], questions[1::2], strict=True):
        pairs += (_pair(ask, a, b, first, a_first=True), _pair(ask, a, b, second, a_first=False))
        yield Comparison(pairs)


def _pair(ask: Ask, a: Assistant, b: Assistant, question: Question, a_first: bool) -> Pair:
    outcomes = {
        side: ask(a if side == "a" else b, question) for side in ("ab" if a_first else "ba")
    }
    return Pair(question, outcomes["a"], outcomes["b"], a_first)


def _counted(faults: Sequence[Fault]) -> dict[str, dict[str, object]]:
    """How often each kind came, and the sentence of the first."""
    counts = Counter(fault.kind for fault in faults)
    first = {fault.kind: fault.sentence for fault in reversed(faults)}
    return {str(kind): {"count": n, "first": first[kind]} for kind, n in counts.items()}

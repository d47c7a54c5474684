"""A round of requests to the baseline and the yardstick in turn, without those that something disturbed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness import baseline, semconv
from harness.assistant import Assistant, Question, ask
from harness.kb.questions import draw
from harness.knobs import Knobs, YardstickWork
from harness.measure.latency.timing import Timing, time_request
from harness.measure.latency.trace import Trace, recording
from harness.measure.latency.yardstick import yardstick
from harness.measure.machine.busy import Busy, since, snapshot
from harness.serve.deployment import Deployment

DISTURBED = 3  # pairs beside other programs before a round gives up: each can take a minute
SPARE = 6  # further questions, for pairs that do not count
CLOCKS_AGREE = 0.02  # relative difference between a trace and the timing of the same request
UNCOMPARED = {"empty", "refused"}  # flags of answers whose post-processing takes no time
UNUSABLE = "Too many answers were refusals, or the system's clock jumped."
SEED = 6400


@dataclass(frozen=True, slots=True)
class Pair:
    """One question answered by both, end-to-end in ms; the stages and the trace are the baseline's."""

    baseline_ms: float
    yardstick_ms: float
    stages_ms: dict[str, float]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Round:
    """The pairs that count. trouble: why there are fewer than planned, otherwise ""."""

    pairs: tuple[Pair, ...]
    trouble: str = ""


def measure_round(knobs: Knobs, work: YardstickWork, n: int, wait: Callable[[], Busy]) -> Round:
    """Measure `n` pairs through the real deployment.

    A pair does not count if other programs used the machine during it, if the system's clock jumped, or if
    the answer is a refusal, which is not post-processed. wait: waits for a quiet machine after such a
    disturbance; if it does not become quiet, or at the third one, the round ends with the pairs it has.
    """
    cases = [case for case in draw("dev", 2 * (n + SPARE), SEED + n + work.rows) if case.answerable]
    with (
        Deployment(baseline.pipeline(knobs), baseline.network(knobs)) as slow,
        yardstick(work).deployed() as fast,
    ):
        ask(fast, cases[0].question)  # the first request of a server is slower
        return collect(_pairs(slow, fast, [c.question for c in cases[: n + SPARE]]), n, wait)


def collect(pairs: Iterator[tuple[Pair | None, Busy]], n: int, wait: Callable[[], Busy]) -> Round:
    """Return the first `n` pairs that count; None is one that does not, for another reason than load."""
    kept: list[Pair] = []
    disturbed = 0
    for pair, load in pairs:
        if load.too_busy:
            disturbed += 1
            if disturbed == DISTURBED or wait().too_busy:
                return Round(tuple(kept), load.sentence())
        elif pair:
            kept.append(pair)
        if len(kept) == n:
            break
    return Round(tuple(kept), "" if len(kept) == n else UNUSABLE)


def _pairs(
    slow: Assistant, fast: Assistant, questions: list[Question]
) -> Iterator[tuple[Pair | None, Busy]]:
    """Yield each pair, and what else used the machine meanwhile; the order alternates."""
    for number, question in enumerate(questions):
        before = snapshot()
        if number % 2:
            quick, (timing, trace) = time_request(fast, question), _traced(slow, question)
        else:
            (timing, trace), quick = _traced(slow, question), time_request(fast, question)
        yield as_pair(timing, trace, quick), since(before)


def _traced(assistant: Assistant, question: Question) -> tuple[Timing, Trace]:
    with recording() as recorder:
        timing = time_request(assistant, question)
    return timing, recorder.last()


def as_pair(timing: Timing, trace: Trace, quick: Timing) -> Pair | None:
    """Return the pair; None if the answer is a refusal, or if the trace and the timing differ.

    Spans are taken with the system's clock, which can jump.
    """
    stages_ms = trace.stage_ms()
    jumped = abs(trace.total_ms / timing.e2e_ms - 1) > CLOCKS_AGREE
    if jumped or min(stages_ms.values()) < 0 or UNCOMPARED & set(timing.answer.flags):
        return None
    stages_ms = {stage: stages_ms[stage] for stage in semconv.STAGES}
    return Pair(timing.e2e_ms, quick.e2e_ms, stages_ms, trace)

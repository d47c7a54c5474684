"""Synthetic traces with known answers, new in every run, so that nobody can look the answers up."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NoReturn

from grader.exercise.exercise import CheckFailed
from harness.measure.latency.trace import Span, Trace

SERVER_STAGES = ("preprocess", "retrieve", "generate", "postprocess")


@dataclass(frozen=True, slots=True)
class BareTrace(Trace):
    """A trace that refuses to give the answers which an exercise asks for."""

    def stage_ms(self) -> NoReturn:
        """Raise CheckFailed: this method would solve the exercise."""
        raise _refusal("stage_ms()")

    @property
    def coverage(self) -> NoReturn:
        """Raise CheckFailed: this property would solve the exercise."""
        raise _refusal("coverage")


def _refusal(name: str) -> CheckFailed:
    return CheckFailed(
        f"trace.{name} is switched off in this exercise.",
        "an answer that you compute from trace.spans",
        f"a use of trace.{name}, which is this exercise already solved",
        "span.name and span.duration_ms of each span in trace.spans",
    )


# The verdicts that a learner's process may give: these, word for word.
REFUSALS = frozenset(str(_refusal(name)) for name in ("stage_ms()", "coverage"))


@dataclass(frozen=True, slots=True)
class Known:
    """A trace with the ms of each of its stages, computed while the trace was made."""

    trace: BareTrace
    stage_ms: dict[str, float]


def known_trace(rng: Random) -> Known:
    """Return the trace of a realistic request: two `network` spans, nested spans and small gaps."""
    # far apart: their mean is then neither of them, and each mistake has its own message
    up, down = rng.sample([rng.uniform(20, 45), rng.uniform(55, 80)], 2)
    work = {stage: rng.uniform(30, 900) for stage in SERVER_STAGES}
    gaps = {stage: rng.uniform(0, 5) for stage in SERVER_STAGES}
    server = sum(work.values()) + sum(gaps.values())
    spans = [
        Span("request", 0.0, up + server + down),
        Span("network", 0.0, up, 1, {"lab.simulated": True}),
        Span("server", up, server, 1),
        *_server_spans(rng, up, work, gaps),
        Span("network", up + server, down, 1, {"lab.simulated": True}),
    ]
    return Known(BareTrace(tuple(spans)), {"network": up + down, **work})


def _server_spans(
    rng: Random, start: float, work: dict[str, float], gaps: dict[str, float]
) -> list[Span]:
    spans, at = [], start
    for stage in SERVER_STAGES:
        at += gaps[stage]
        spans.append(Span(stage, at, work[stage], 2))
        if stage == "generate":  # a span inside a stage is not a stage
            spans.append(Span("tokenize", at, work[stage] * rng.uniform(0.1, 0.3), 3))
        at += work[stage]
    return spans


def stage_table(rng: Random, total_ms: float = 3200.0) -> dict[str, float]:
    """Return the ms of each stage, adding up to `total_ms`; any stage may be the largest."""
    names = ["network", *SERVER_STAGES]
    weights = {name: rng.choice((1, 2, 3, 8, 25)) * rng.uniform(0.8, 1.2) for name in names}
    scale = total_ms / sum(weights.values())
    return {name: round(weight * scale, 1) for name, weight in weights.items()}


def latencies(rng: Random, n: int) -> list[float]:
    """Return `n` unsorted latencies in ms with a long tail."""
    return [round(300 + rng.expovariate(1 / 200), 1) for _ in range(n)]

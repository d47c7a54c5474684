"""Calibration: turn the baseline's knobs until every stage takes what the interview question says.

A stage's time is a constant plus a slope times its knob. Each round measures real requests through the real
deployment, fits that line through all rounds so far, and moves each knob to where it meets its target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import numpy as np

from harness import baseline, semconv
from harness.assistant import ask
from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.knobs import Knobs
from harness.measure.latency.trace import Trace, recording
from harness.serve.deployment import Deployment

TARGETS_MS = {
    semconv.NETWORK: 100.0,
    semconv.PREPROCESS: 200.0,
    semconv.RETRIEVE: 300.0,
    semconv.GENERATE: 2500.0,
    semconv.POSTPROCESS: 100.0,
}
TOTAL_MS = sum(TARGETS_MS.values())
STAGE_TOLERANCE, TOTAL_TOLERANCE = 0.20, 0.10  # the product's contract
ENOUGH = 0.5  # stop turning knobs at half of both tolerances: the rest is room for a later hour
ROUNDS = 5
REQUESTS = 7  # a round: enough for a median that neither a hiccup nor an odd question moves

KNOB_OF = {
    semconv.NETWORK: "rtt_ms",
    semconv.PREPROCESS: "turns",
    semconv.RETRIEVE: "scanned",
    semconv.GENERATE: "max_tokens",
    semconv.POSTPROCESS: "comparisons",
}
LOWEST = {"rtt_ms": 5.0, "turns": 1, "max_tokens": 32, "comparisons": 25}  # 32 tokens: one sentence
HIGHEST = {"rtt_ms": 25.0, "turns": 100, "scanned": 10**7, "max_tokens": 512, "comparisons": 10**5}


@dataclass(frozen=True, slots=True)
class Round:
    """One set of knobs, the medians it gave in ms, and the request in the middle."""

    knobs: Knobs
    stages_ms: dict[str, float]
    e2e_ms: float
    n: int
    typical: Trace

    def off(self, stage: str) -> float:
        """Relative distance of a stage from its target; +0.1 is 10 % too slow."""
        return self.stages_ms[stage] / TARGETS_MS[stage] - 1

    @property
    def close(self) -> bool:
        """True when another round is not worth its time."""
        return within_contract(self.stages_ms, self.e2e_ms, ENOUGH)


def within_contract(stages_ms: dict[str, float], e2e_ms: float, share: float = 1.0) -> bool:
    """True when the total is within 10 % of 3.2 s and every stage within 20 % of the table.

    share: use only this part of both tolerances.
    """
    stages = [abs(stages_ms[s] / t - 1) <= share * STAGE_TOLERANCE for s, t in TARGETS_MS.items()]
    return all(stages) and abs(e2e_ms / TOTAL_MS - 1) <= share * TOTAL_TOLERANCE


Measure = Callable[[Knobs], Round]


def calibrate(progress: Callable[[Round], None], measure: Measure | None = None) -> Round:
    """The best round of at most ROUNDS; `progress` is called after each.

    measure: knobs -> Round; real requests through the real deployment unless given.
    """
    measure = measure or measured
    rounds: list[Round] = []
    knobs = starting_knobs()
    while len(rounds) < ROUNDS and not (rounds and rounds[-1].close):
        rounds.append(measure(knobs))
        progress(rounds[-1])
        knobs = next_knobs(rounds)
    return min(rounds, key=worst)


def worst(one: Round) -> float:
    """How far the worst stage of a round is from its target."""
    return max(abs(one.off(stage)) for stage in TARGETS_MS)


def starting_knobs() -> Knobs:
    """Less work than any machine needs, so that the first round is quick."""
    return Knobs(rtt_ms=20, turns=3, scanned=len(chunks()), max_tokens=32, comparisons=200)


def next_knobs(rounds: list[Round]) -> Knobs:
    """Each knob moved to where its stage should meet its target."""
    last = rounds[-1].knobs.model_dump()
    for stage, knob in KNOB_OF.items():
        points = [(getattr(r.knobs, knob), r.stages_ms[stage]) for r in rounds]
        last[knob] = _bounded(knob, _solve(points, TARGETS_MS[stage]))
    return Knobs(**last)


def _solve(points: list[tuple[float, float]], target_ms: float) -> float:
    """The knob at which the line fitted through all points, (knob, ms), meets the target."""
    knobs, times_ms = np.array(points, float).T
    slope, constant = times_ms[-1] / knobs[-1], 0.0  # one point: the line through the origin
    if np.ptp(knobs) > 0:
        slope, constant = np.polyfit(knobs, times_ms, 1)
    if slope <= 0:  # noise turned the line over
        slope, constant = times_ms[-1] / knobs[-1], 0.0
    return (target_ms - constant) / slope


def _bounded(knob: str, value: float) -> float:
    low = len(chunks()) if knob == "scanned" else LOWEST[knob]
    value = min(max(value, low), HIGHEST[knob])
    return round(value, 1) if knob == "rtt_ms" else round(value)


def measured(knobs: Knobs, n: int = REQUESTS) -> Round:
    """Medians over `n` requests to the deployed baseline, after one that does not count."""
    # Other knobs, other questions: the fitted lines then rest on all of them, not on seven odd ones.
    first, *cases = draw("dev", n + 1, seed=knobs.scanned)
    with (
        Deployment(baseline.pipeline(knobs), baseline.network(knobs)) as assistant,
        recording() as recorder,
    ):
        for case in [first, *cases]:
            ask(assistant, case.question)
    return _round(knobs, recorder.traces()[1:])


def _round(knobs: Knobs, traces: list[Trace]) -> Round:
    by_request = [trace.stage_ms() for trace in traces]
    stages = {stage: median(ms[stage] for ms in by_request) for stage in TARGETS_MS}
    typical = sorted(traces, key=lambda trace: trace.total_ms)[len(traces) // 2]
    return Round(knobs, stages, median(t.total_ms for t in traces), len(traces), typical)

"""Calibration of the baseline: set its knobs so that every stage takes the time in the interview question.

The time of a stage is modelled as a constant plus a slope times its knob. Each round measures real
requests through the real deployment, fits that line to all rounds so far, and sets each knob to where the
line meets the target.
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
STAGE_TOLERANCE, TOTAL_TOLERANCE = 0.20, 0.10  # promised to users
ENOUGH = 0.5  # stop at half of both tolerances: the other half allows for drift later on
ROUNDS = 5
REQUESTS = 7  # a round: enough for a median that one outlier or unusual question hardly moves

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
    """One set of knobs, the median times over `n` requests in ms, and the trace of the median request."""

    knobs: Knobs
    stages_ms: dict[str, float]
    e2e_ms: float
    n: int
    typical: Trace

    def error(self, stage: str) -> float:
        """Return the relative error of a stage's time; +0.1 is 10 % too slow."""
        return self.stages_ms[stage] / TARGETS_MS[stage] - 1

    @property
    def close_enough(self) -> bool:
        """Return whether another round would not be worth its time."""
        return within_contract(self.stages_ms, self.e2e_ms, ENOUGH)


def within_contract(stages_ms: dict[str, float], e2e_ms: float, share: float = 1.0) -> bool:
    """Return True if the total is within 10 % of 3.2 s and every stage within 20 % of its target.

    share: use only this share of both tolerances.
    """
    stages = [abs(stages_ms[s] / t - 1) <= share * STAGE_TOLERANCE for s, t in TARGETS_MS.items()]
    return all(stages) and abs(e2e_ms / TOTAL_MS - 1) <= share * TOTAL_TOLERANCE


Measure = Callable[[Knobs], Round]


def calibrate(progress: Callable[[Round], None], measure: Measure | None = None) -> Round:
    """Return the best of at most ROUNDS rounds; `progress` is called after each.

    measure: measures a round for given knobs; by default with real requests through the real deployment.
    """
    measure = measure or measure_round
    rounds: list[Round] = []
    knobs = starting_knobs()
    while len(rounds) < ROUNDS and not (rounds and rounds[-1].close_enough):
        rounds.append(measure(knobs))
        progress(rounds[-1])
        knobs = next_knobs(rounds)
    return min(rounds, key=largest_error)


def largest_error(result: Round) -> float:
    """Return the largest relative error among the stages of a round, at least 0."""
    return max(abs(result.error(stage)) for stage in TARGETS_MS)


def starting_knobs() -> Knobs:
    """Return knobs with less work than any machine needs, so that the first round is quick."""
    return Knobs(rtt_ms=20, turns=3, scanned=len(chunks()), max_tokens=32, comparisons=200)


def next_knobs(rounds: list[Round]) -> Knobs:
    """Return the knobs at which each stage should meet its target, according to the rounds so far."""
    values = rounds[-1].knobs.model_dump()
    for stage, knob in KNOB_OF.items():
        points = [(getattr(r.knobs, knob), r.stages_ms[stage]) for r in rounds]
        values[knob] = _bounded(knob, _solve(points, TARGETS_MS[stage]))
    return Knobs(**values)


def _solve(points: list[tuple[float, float]], target_ms: float) -> float:
    """Return the knob at which the line fitted to the points, (knob, ms), meets the target."""
    knobs, times_ms = np.array(points, float).T
    slope, constant = times_ms[-1] / knobs[-1], 0.0  # one point: a line through the origin
    if np.ptp(knobs) > 0:
        slope, constant = np.polyfit(knobs, times_ms, 1)
    if slope <= 0:  # noise can turn the slope negative
        slope, constant = times_ms[-1] / knobs[-1], 0.0
    return (target_ms - constant) / slope


def _bounded(knob: str, value: float) -> float:
    low = len(chunks()) if knob == "scanned" else LOWEST[knob]
    value = min(max(value, low), HIGHEST[knob])
    return round(value, 1) if knob == "rtt_ms" else round(value)


def measure_round(knobs: Knobs, n: int = REQUESTS) -> Round:
    """Measure the medians over `n` requests to the deployed baseline, after one that does not count."""
    # Other knobs draw other questions, so that the fitted lines do not depend on the same seven.
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

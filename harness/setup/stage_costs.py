"""The times in the interview question, and the knobs at which the baseline's stages take them.

A stage takes a constant plus a slope times its knob.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness import semconv
from harness.kb.articles import chunks
from harness.knobs import Knobs

TARGETS_MS = {
    semconv.NETWORK: 100.0,
    semconv.PREPROCESS: 200.0,
    semconv.RETRIEVE: 300.0,
    semconv.GENERATE: 2500.0,
    semconv.POSTPROCESS: 100.0,
}
TOTAL_MS = sum(TARGETS_MS.values())
STAGE_TOLERANCE, TOTAL_TOLERANCE = 0.20, 0.10  # promised to users

KNOB_OF = {
    semconv.NETWORK: "rtt_ms",
    semconv.PREPROCESS: "turns",
    semconv.RETRIEVE: "scanned",
    semconv.GENERATE: "max_tokens",
    semconv.POSTPROCESS: "comparisons",
}
# 99 % of the reference answers have at most 28 tokens, their pointer included.
LOWEST = {"rtt_ms": 5.0, "turns": 1, "max_tokens": 28, "comparisons": 25}
HIGHEST = {"rtt_ms": 25.0, "turns": 100, "scanned": 10**7, "max_tokens": 512, "comparisons": 10**5}


@dataclass(frozen=True, slots=True)
class Line:
    """The time of a stage in ms: `constant_ms` plus `slope_ms` for each unit of its knob."""

    constant_ms: float
    slope_ms: float

    def at(self, knob: float) -> float:
        """Return the time at `knob`."""
        return self.constant_ms + self.slope_ms * knob

    def knob(self, ms: float) -> float:
        """Return the knob at which the stage takes `ms`; negative if the constant is longer."""
        return (ms - self.constant_ms) / self.slope_ms

    def scaled(self, factor: float) -> Line:
        """Return the line of a stage whose work takes `factor` times as long."""
        return Line(self.constant_ms * factor, self.slope_ms * factor)

    def shifted(self, ms: float) -> Line:
        """Return the line of a stage that takes `ms` longer."""
        return Line(self.constant_ms + ms, self.slope_ms)


Lines = Mapping[str, Line]


def knob_for(stage: str, line: Line) -> float:
    """Return the knob at which the stage meets its target, within the bounds of the knob."""
    knob = KNOB_OF[stage]
    value = min(max(line.knob(TARGETS_MS[stage]), lowest(knob)), HIGHEST[knob])
    return round(value, 1) if knob == "rtt_ms" else round(value)


def lowest(knob: str) -> float:
    """Return the least work: a search never skips an article."""
    return len(chunks()) if knob == "scanned" else LOWEST[knob]


def solve(lines: Lines) -> Knobs:
    """Return the knobs at which each stage meets its target or comes closest to it."""
    return Knobs(**{KNOB_OF[stage]: knob_for(stage, lines[stage]) for stage in TARGETS_MS})


def predicted(lines: Lines, knobs: Knobs) -> dict[str, float]:
    """Return the time of each stage in ms."""
    return {stage: lines[stage].at(getattr(knobs, KNOB_OF[stage])) for stage in TARGETS_MS}


def within_contract(stages_ms: Mapping[str, float], e2e_ms: float, share: float = 1.0) -> bool:
    """Return True if the total is within 10 % of 3.2 s and every stage within 20 % of its target.

    share: use only this share of both tolerances.
    """
    stages = [abs(stages_ms[s] / t - 1) <= share * STAGE_TOLERANCE for s, t in TARGETS_MS.items()]
    return all(stages) and abs(e2e_ms / TOTAL_MS - 1) <= share * TOTAL_TOLERANCE


def out_of_reach(stages_ms: Mapping[str, float], e2e_ms: float, knobs: Knobs) -> str:
    """Return a sentence that names what missed its target, with its knob; "" within the contract."""
    if within_contract(stages_ms, e2e_ms):
        return ""
    missed = [
        f"{stage} takes {stages_ms[stage]:.0f} ms instead of {target:.0f} "
        f"({KNOB_OF[stage]}={getattr(knobs, KNOB_OF[stage]):g})"
        for stage, target in TARGETS_MS.items()
        if abs(stages_ms[stage] / target - 1) > STAGE_TOLERANCE
    ]
    missed = missed or [f"a request takes {e2e_ms:.0f} ms instead of {TOTAL_MS:.0f}"]
    return (
        f"On this machine {', '.join(missed)}, the closest that the calibration came; "
        "the labs work all the same, because they compare times on one machine."
    )

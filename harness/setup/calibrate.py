"""Calibration: set the baseline's knobs to the interview question's times, and the yardstick to 500 ms.

The unit costs give knobs that are nearly right. Then the baseline and the yardstick answer the same questions
in turn through the real deployment, and all requests so far correct the costs.

Beside other programs no request is worth measuring: with two threads of torch on two cores, it takes
many times as long beside a busy process (see `unit_costs`). The calibration then ends with what it has, the
unit costs and the requests measured before, none of which such programs change by much. So the knobs are
always those of the quiet machine; the result says when its times are estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import median

from harness import semconv
from harness.knobs import Knobs, YardstickWork
from harness.measure.latency.trace import Trace
from harness.measure.latency.yardstick import SHARE
from harness.measure.stats import MEDIAN_FROM, median_ratio
from harness.serve.network import Network
from harness.setup.interleaved_round import Pair, Round
from harness.setup.stage_costs import Lines, predicted, solve, within_contract
from harness.setup.unit_costs import UnitCosts

# Pairs in each round: the first only corrects the costs, the second confirms. A pair takes 3.7 s
# where the baseline takes its 3.2.
ROUNDS = (2, 7)
CLOSE = 0.02  # relative error of the yardstick's ratio; the baseline itself may be off by 10 %
ENOUGH = 0.5  # stop at half of both tolerances: the other half allows for drift later on

Measure = Callable[[Knobs, YardstickWork, int], Round]
Point = tuple[Knobs, YardstickWork, Pair]  # a pair with what it was measured at


@dataclass(frozen=True, slots=True)
class Fit:
    """Knobs and work, with their times in ms: medians over `n` pairs, or estimates if `n` is 0.

    If the last round was not close enough, the medians are scaled to the knobs that follow from them.
    ratio: yardstick / baseline end-to-end. typical: the trace of the median request, None for an estimate.
    estimated: why the times are estimates, such as the programs that used the machine; otherwise "".
    """

    knobs: Knobs
    work: YardstickWork
    stages_ms: dict[str, float]
    e2e_ms: float
    ratio: float
    n: int = 0
    typical: Trace | None = None
    estimated: str = ""

    @property
    def ratio_error(self) -> float:
        """Return the distance from the target ratio: the absolute logarithm of the factor between them."""
        return abs(log(self.ratio / SHARE))

    @property
    def close_enough(self) -> bool:
        """Return whether another round would not be worth its time."""
        return (
            self.n >= MEDIAN_FROM
            and self.ratio_error <= CLOSE
            and within_contract(self.stages_ms, self.e2e_ms, ENOUGH)
        )

    def line(self) -> str:
        """Return the times on one line."""
        stages = ", ".join(f"{stage} {ms:.0f}" for stage, ms in self.stages_ms.items())
        how = f"n={self.n}, interleaved" if self.n else "estimated from unit costs"
        return (
            f"end-to-end p50 {self.e2e_ms:.0f} ms, target 3200 ({how}): {stages}; "
            f"yardstick / baseline {self.ratio:.3f}, target {SHARE:.3f}"
        )


def calibrate(costs: UnitCosts, measure: Measure, say: Callable[[str], None]) -> Fit:
    """Return the first fit that is close enough; after both rounds, the knobs according to all their pairs.

    measure: measures that many pairs at given knobs and work; fewer if other programs use the machine. The
    result is then an estimate. say: receives a line a round.
    """
    points: list[Point] = []
    for n in ROUNDS:
        knobs, work = plan(costs, points)
        seen = measure(knobs, work, n)
        points += [(knobs, work, pair) for pair in seen.pairs]
        if seen.trouble:
            return estimate(costs, seen.trouble, points)
        fit = measured(knobs, work, seen.pairs)
        say(fit.line())
        if fit.close_enough:
            return fit
    return replace(estimate(costs, "", points), n=len(points), typical=fit.typical)


def measured(knobs: Knobs, work: YardstickWork, pairs: Sequence[Pair]) -> Fit:
    """Return the medians over `pairs`."""
    slow_ms = [pair.baseline_ms for pair in pairs]
    return Fit(
        knobs=knobs,
        work=work,
        stages_ms={s: median(p.stages_ms[s] for p in pairs) for s in pairs[0].stages_ms},
        e2e_ms=median(slow_ms),
        ratio=median_ratio([pair.yardstick_ms for pair in pairs], slow_ms),
        n=len(pairs),
        typical=sorted(pairs, key=lambda pair: pair.baseline_ms)[len(pairs) // 2].trace,
    )


def estimate(costs: UnitCosts, why: str, points: Sequence[Point] = ()) -> Fit:
    """Return the knobs and times of the quiet machine according to the unit costs and `points`."""
    knobs, work = plan(costs, points)
    stages_ms = predicted(corrected(costs.stages, points), knobs)
    e2e_ms = sum(stages_ms.values())
    scaled = costs.yardstick.scaled(yardstick_factor(costs, points))
    return Fit(knobs, work, stages_ms, e2e_ms, scaled.predicted_ms(work) / e2e_ms, estimated=why)


def plan(costs: UnitCosts, points: Sequence[Point]) -> tuple[Knobs, YardstickWork]:
    """Return the knobs that meet the targets, and the yardstick's work, according to all `points` so far."""
    lines = corrected(costs.stages, points)
    knobs = solve(lines)
    e2e_ms = sum(predicted(lines, knobs).values())
    rtt_ms = SHARE * Network(rtt_ms=knobs.rtt_ms).simulated_ms
    scaled = costs.yardstick.scaled(yardstick_factor(costs, points))
    return knobs, scaled.work(SHARE * e2e_ms, rtt_ms)


def corrected(lines: Lines, points: Sequence[Point]) -> Lines:
    """Return the lines after their medians met the measured times: scaled, and the network's shifted."""
    if not points:
        return lines
    expected = [predicted(lines, knobs) for knobs, _, _ in points]
    seen = [pair.stages_ms for _, _, pair in points]
    both = list(zip(seen, expected, strict=True))
    network = semconv.NETWORK
    shift_ms = median(ms[network] - of[network] for ms, of in both)
    return {
        stage: line.shifted(shift_ms)
        if stage == network
        else line.scaled(median(ms[stage] / of[stage] for ms, of in both))
        for stage, line in lines.items()
    }


def yardstick_factor(costs: UnitCosts, points: Sequence[Point]) -> float:
    """Return the yardstick's measured time divided by the predicted one.

    The ratio to the baseline of the same pair is taken first, so that drift of the machine's speed cancels.
    """
    if not points:
        return 1.0
    slow = [
        pair.baseline_ms / sum(predicted(costs.stages, knobs).values()) for knobs, _, pair in points
    ]
    fast = [pair.yardstick_ms / costs.yardstick.predicted_ms(work) for _, work, pair in points]
    return median(slow) * median(f / s for f, s in zip(fast, slow, strict=True))

"""Simulated machines, for the tests of calibration."""

import numpy as np

from harness.measure.latency.trace import Trace
from harness.setup.interleaved_round import Pair, Round
from harness.setup.stage_costs import Line, predicted
from harness.setup.unit_costs import UnitCosts
from harness.setup.yardstick_costs import YardstickCosts

# as measured once on a 2-core machine
LAPTOP = {
    "network": Line(6, 4.0),
    "preprocess": Line(0, 18.0),
    "retrieve": Line(0, 0.0034),
    "generate": Line(530, 44.0),
    "postprocess": Line(12, 0.2),
}
YARDSTICK = YardstickCosts(prompt_ms=90.0, token_ms=42.0, row_ms=0.004)
COSTS = UnitCosts(LAPTOP, YARDSTICK)


def scaled(costs, **factors):
    """Return the costs of a machine whose stages, or "yardstick", take that many times as long."""
    stages = {name: line.scaled(factors.get(name, 1)) for name, line in costs.stages.items()}
    return UnitCosts(stages, costs.yardstick.scaled(factors.get("yardstick", 1)))


def every(factor):
    """Return factors for a machine that is slower in all that it computes."""
    names = ("preprocess", "retrieve", "generate", "postprocess", "yardstick")
    return dict.fromkeys(names, factor)


class Machine:
    """A machine with its true costs and some noise; `load` is the number of the round that is disturbed."""

    def __init__(self, costs, noise=0.0, disturbed=None, trouble="1.0 of 2 cores", seed=0):
        self.costs, self.noise, self.disturbed, self.trouble = costs, noise, disturbed, trouble
        self.random = np.random.default_rng(seed)
        self.rounds = []

    def measure(self, knobs, work, n):
        self.rounds.append((knobs, work))
        if len(self.rounds) == self.disturbed:
            return Round((), self.trouble)
        return Round(tuple(self.pair(knobs, work) for _ in range(n)))

    def pair(self, knobs, work):
        drift = self.random.normal(1, self.noise)  # of the machine's speed, common to both
        ms = {
            stage: ms * drift * self.random.normal(1, self.noise)
            for stage, ms in predicted(self.costs.stages, knobs).items()
        }
        fast = self.costs.yardstick.predicted_ms(work) * drift * self.random.normal(1, self.noise)
        return Pair(sum(ms.values()), fast, ms, Trace(()))

    def truth(self, fit):
        """Return the true stages, total, and yardstick / baseline of a fit."""
        stages = predicted(self.costs.stages, fit.knobs)
        total = sum(stages.values())
        return stages, total, self.costs.yardstick.predicted_ms(fit.work) / total

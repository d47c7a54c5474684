"""The costs of the yardstick's work, and how much of each kind takes a given time."""

from __future__ import annotations

from dataclasses import dataclass

from harness.knobs import YardstickWork
from harness.semconv import GENERATE, NETWORK, PREPROCESS
from harness.setup.stage_costs import TARGETS_MS

# Share of the baseline's computing time spent in its two models: the yardstick's share of matrix products.
MODEL_SHARE = (TARGETS_MS[PREPROCESS] + TARGETS_MS[GENERATE]) / (
    sum(TARGETS_MS.values()) - TARGETS_MS[NETWORK]
)


@dataclass(frozen=True, slots=True)
class YardstickCosts:
    """The costs of the pieces of work on this machine, in ms: the prompt, each further token, each row."""

    prompt_ms: float
    token_ms: float
    row_ms: float

    def work(self, target_ms: float, rtt_ms: float) -> YardstickWork:
        """Return work that takes `target_ms`, the distance included, in the baseline's proportions."""
        compute_ms = target_ms - rtt_ms
        # Rounded down: rows, the smaller unit, fill up what is left.
        tokens = max(1, int((MODEL_SHARE * compute_ms - self.prompt_ms) / self.token_ms))
        rows_ms = compute_ms - self.prompt_ms - tokens * self.token_ms
        rows = max(1, round(rows_ms / self.row_ms))
        return YardstickWork(tokens=tokens, rows=rows, rtt_ms=rtt_ms)

    def predicted_ms(self, work: YardstickWork) -> float:
        """Return the time of `work` in ms, the distance included."""
        compute_ms = self.prompt_ms + work.tokens * self.token_ms + work.rows * self.row_ms
        return work.rtt_ms + compute_ms

    def scaled(self, factor: float) -> YardstickCosts:
        """Return costs that are `factor` times as high."""
        return YardstickCosts(self.prompt_ms * factor, self.token_ms * factor, self.row_ms * factor)

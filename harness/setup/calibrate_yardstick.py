"""Calibration of the yardstick: how much of each kind of work takes 500 ms, checked beside the baseline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import median

from harness.assistant import Question
from harness.kb.questions import draw
from harness.knobs import YardstickWork
from harness.measure.latency.compare import Comparison, Ratio, compare
from harness.measure.latency.yardstick import SHARE, Yardstick, yardstick
from harness.semconv import GENERATE, NETWORK, PREPROCESS
from harness.serve.entry import Entry
from harness.setup.calibrate import TARGETS_MS

# Share of the baseline's computing time spent in its two models: the yardstick's share of matrix products.
MODEL_SHARE = (TARGETS_MS[PREPROCESS] + TARGETS_MS[GENERATE]) / (
    sum(TARGETS_MS.values()) - TARGETS_MS[NETWORK]
)
REPEATS = 5  # of each piece of work; the quickest counts, because disturbances only add time
FEW, MANY, ROWS = 1, 9, 40_000  # tokens and rows of the timed pieces: some 100 ms each
LEAST_ROW_MS = 1e-3  # half of what a fast machine needs for two NumPy calls: a row is never free
PAIRS = 8  # measured beside the baseline: half a minute
CLOSE = 0.02  # relative error of the ratio; the baseline itself may be off by 10 %
STEEPEST = 3.0  # measured ms per predicted ms: a larger value is noise
TRIES = 4
SEED = 6400


@dataclass(frozen=True, slots=True)
class Costs:
    """The costs of the pieces of work on this machine, in ms: the prompt, each further token, each row."""

    prompt_ms: float
    token_ms: float
    row_ms: float

    def work(self, target_ms: float, rtt_ms: float) -> YardstickWork:
        """Return work that takes `target_ms`, the distance included, in the baseline's proportions."""
        compute_ms = target_ms - rtt_ms
        tokens = max(1, round((MODEL_SHARE * compute_ms - self.prompt_ms) / self.token_ms))
        rows_ms = compute_ms - self.prompt_ms - tokens * self.token_ms
        return YardstickWork(
            tokens=tokens, rows=max(1, round(rows_ms / self.row_ms)), rtt_ms=rtt_ms
        )

    def predicted_ms(self, work: YardstickWork) -> float:
        """Return the time of `work` in ms, without the distance, if each piece takes as long as alone."""
        return self.prompt_ms + work.tokens * self.token_ms + work.rows * self.row_ms

    def corrected(self, work: YardstickWork, by_ms: float) -> YardstickWork:
        """Return `work` made longer by `by_ms` in rows, with fewer tokens if no row is left to remove."""
        rows_ms = (work.rows - 1) * self.row_ms + by_ms
        fewer = min(work.tokens - 1, max(0, ceil(-rows_ms / self.token_ms)))
        rows = 1 + max(0, round((rows_ms + fewer * self.token_ms) / self.row_ms))
        return work.model_copy(update={"rows": rows, "tokens": work.tokens - fewer})


@dataclass(frozen=True, slots=True)
class YardstickFit:
    """The yardstick's work, and yardstick / baseline end-to-end as measured in one run."""

    work: YardstickWork
    ratio: Ratio

    @property
    def error(self) -> float:
        """Return the distance from the target ratio: the absolute logarithm of the factor between them."""
        return abs(log(self.ratio.p50 / SHARE))


def measure_costs() -> Costs:
    """Time the pieces of work in turn; takes about 3 s."""
    few, many = ([_took_ms(tokens, rows=1) for _ in range(REPEATS)] for tokens in (FEW, MANY))
    rows = [_took_ms(FEW, ROWS) for _ in range(REPEATS)]
    token_ms = (min(many) - min(few)) / (MANY - FEW)
    row_ms = max(LEAST_ROW_MS, (min(rows) - min(few)) / (ROWS - 1))
    return Costs(min(few) - FEW * token_ms, token_ms, row_ms)


def calibrate_yardstick(
    baseline: Entry, baseline_ms: float, say: Callable[[str], None]
) -> YardstickFit:
    """Return the yardstick that takes 500 ms when `baseline` takes 3.2 s: the closest of up to four tries.

    baseline_ms: end-to-end p50 of the baseline, measured before. say: receives a line of progress.
    """
    costs = measure_costs()
    work = costs.work(SHARE * baseline_ms, SHARE * baseline.network.simulated_ms)
    fits: list[YardstickFit] = []
    times: list[tuple[float, float]] = []
    for _ in range(TRIES):
        comparison = compare_with_baseline(baseline, work)
        ratio = comparison.ratio("e2e_ms")
        say(
            f"yardstick / baseline, end-to-end p50: {ratio.p50:.3f}, target {SHARE:.3f} "
            f"(n={len(comparison.pairs)} pairs, interleaved)"
        )
        fits.append(YardstickFit(work, ratio))
        if fits[-1].error <= CLOSE:
            break
        measured_ms = median(comparison.samples("a", "e2e_ms"))
        times.append((costs.predicted_ms(work), measured_ms))
        missing_ms = measured_ms * (SHARE / ratio.p50 - 1)
        work = costs.corrected(work, by_ms=missing_ms / measured_per_predicted(times))
    best = min(fits, key=lambda fit: fit.error)
    if best.error > CLOSE:
        say(
            "The yardstick is more than 2 % off its target: "
            "run `under500 prepare --recalibrate` on a quiet machine."
        )
    return best


def measured_per_predicted(times: Sequence[tuple[float, float]]) -> float:
    """Return the measured ms per predicted ms, from the last two (predicted, measured) times.

    It is 1.0 before there are two. Rows take longer after a model has filled the caches than alone, so a
    predicted ms of rows can take more than one.
    """
    if len(times) < 2 or times[-1][0] == times[-2][0]:
        return 1.0
    (predicted, measured), (predicted_before, measured_before) = times[-1], times[-2]
    slope = (measured - measured_before) / (predicted - predicted_before)
    return min(STEEPEST, max(1 / STEEPEST, slope))


def compare_with_baseline(baseline: Entry, work: YardstickWork, pairs: int = PAIRS) -> Comparison:
    """Compare the yardstick (a) and the baseline (b) on the same questions, interleaved."""
    first, *cases = draw("dev", pairs + 1, SEED)
    with yardstick(work).deployed() as a, baseline.deployed() as b:
        questions = [case.question for case in cases]
        return compare(a, b, questions, warm_up=[first.question])


def _took_ms(tokens: int, rows: int) -> float:
    assistant = Yardstick(YardstickWork(tokens=tokens, rows=rows, rtt_ms=0))
    started = time.perf_counter()
    list(assistant.stream(Question("How long is 500 ms?")))
    return 1e3 * (time.perf_counter() - started)

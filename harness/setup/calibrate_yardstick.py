"""Setting the yardstick: how much of each kind of work is 500 ms here, then proven beside the baseline."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, log
from statistics import median

from harness.assistant import Question
from harness.kb.questions import draw
from harness.knobs import Work
from harness.measure.latency.compare import Comparison, Ratio, compare
from harness.measure.latency.yardstick import SHARE, Yardstick, yardstick
from harness.semconv import GENERATE, NETWORK, PREPROCESS
from harness.serve.entry import Entry
from harness.setup.calibrate import TARGETS_MS

# Of the baseline's computing, what its two models take: the yardstick's share of matrix products.
MODELS = (TARGETS_MS[PREPROCESS] + TARGETS_MS[GENERATE]) / (
    sum(TARGETS_MS.values()) - TARGETS_MS[NETWORK]
)
REPEATS = 5  # of each piece of work; the quickest counts, since whoever disturbs only adds
FEW, MANY, ROWS = 1, 9, 40_000  # tokens and rows of the pieces: some 100 ms each
LEAST_ROW_MS = 1e-3  # half of what a quick machine needs for two NumPy calls: a row is never free
PAIRS = 8  # beside the baseline: half a minute
CLOSE = 0.02  # of the ratio wanted; the baseline itself may be off by 10 %
STEEPEST = 3.0  # of a stretch: beyond it, it is noise
TRIES = 4
SEED = 6400


@dataclass(frozen=True, slots=True)
class Costs:
    """What the pieces take here, in ms: reading the prompt, each token after it, each row compared."""

    prompt_ms: float
    token_ms: float
    row_ms: float

    def work(self, wanted_ms: float, rtt_ms: float) -> Work:
        """Work of `wanted_ms`, the distance included, in the baseline's proportions."""
        computed = wanted_ms - rtt_ms
        tokens = max(1, round((MODELS * computed - self.prompt_ms) / self.token_ms))
        rest = computed - self.prompt_ms - tokens * self.token_ms
        return Work(tokens=tokens, rows=max(1, round(rest / self.row_ms)), rtt_ms=rtt_ms)

    def predicted_ms(self, work: Work) -> float:
        """What the pieces of `work` take when each is done alone."""
        return self.prompt_ms + work.tokens * self.token_ms + work.rows * self.row_ms

    def corrected(self, work: Work, by_ms: float) -> Work:
        """`work` made longer by `by_ms`: in rows, the finer grain, and fewer tokens where no row is left."""
        rows_ms = (work.rows - 1) * self.row_ms + by_ms
        fewer = min(work.tokens - 1, max(0, ceil(-rows_ms / self.token_ms)))
        rows = 1 + max(0, round((rows_ms + fewer * self.token_ms) / self.row_ms))
        return work.model_copy(update={"rows": rows, "tokens": work.tokens - fewer})


@dataclass(frozen=True, slots=True)
class YardstickFit:
    """The yardstick's work, and yardstick / baseline end-to-end as measured in one run."""

    work: Work
    ratio: Ratio

    @property
    def off(self) -> float:
        """How far from the ratio wanted, as a factor's logarithm."""
        return abs(log(self.ratio.p50 / SHARE))


def costs() -> Costs:
    """The pieces, timed in turns. About 3 s."""
    few, many = ([_took_ms(tokens, rows=1) for _ in range(REPEATS)] for tokens in (FEW, MANY))
    rows = [_took_ms(FEW, ROWS) for _ in range(REPEATS)]
    token_ms = (min(many) - min(few)) / (MANY - FEW)
    row_ms = max(LEAST_ROW_MS, (min(rows) - min(few)) / (ROWS - 1))
    return Costs(min(few) - FEW * token_ms, token_ms, row_ms)


def calibrate_yardstick(
    baseline: Entry, baseline_ms: float, say: Callable[[str], None]
) -> YardstickFit:
    """The yardstick that is worth 500 ms where `baseline` is worth 3.2 s: the closest of up to four tries.

    baseline_ms: its end-to-end p50, as far as it is known.
    """
    pieces = costs()
    work, tried = pieces.work(SHARE * baseline_ms, SHARE * baseline.network.simulated_ms), []
    seen: list[tuple[float, float]] = []
    for _ in range(TRIES):
        both = beside(baseline, work)
        ratio = both.ratio("e2e_ms")
        say(
            f"yardstick / baseline, end-to-end p50: {ratio.p50:.3f}, wanted {SHARE:.3f} "
            f"(n={len(both.pairs)} pairs, interleaved)"
        )
        tried.append(YardstickFit(work, ratio))
        if tried[-1].off <= CLOSE:
            break
        took_ms = median(both.samples("a", "e2e_ms"))
        seen.append((pieces.predicted_ms(work), took_ms))
        work = pieces.corrected(work, by_ms=took_ms * (SHARE / ratio.p50 - 1) / stretch(seen))
    best = min(tried, key=lambda one: one.off)
    if best.off > CLOSE:
        say("That is not close: run `under500 prepare --recalibrate` on a quiet machine.")
    return best


def stretch(seen: Sequence[tuple[float, float]]) -> float:
    """What a ms more, as foretold, really takes: by the last two (foretold, taken); 1 where nobody knows.

    Rows that are compared after a model has filled the caches take longer than alone.
    """
    if len(seen) < 2 or seen[-1][0] == seen[-2][0]:
        return 1.0
    (predicted, taken), (before, took) = seen[-1], seen[-2]
    return min(STEEPEST, max(1 / STEEPEST, (taken - took) / (predicted - before)))


def beside(baseline: Entry, work: Work, pairs: int = PAIRS) -> Comparison:
    """Yardstick (a) and baseline (b) on the same questions, interleaved."""
    first, *cases = draw("dev", pairs + 1, SEED)
    with yardstick(work).deployed() as a, baseline.deployed() as b:
        questions = [case.question for case in cases]
        return compare(a, b, questions, warm_up=[first.question])


def _took_ms(tokens: int, rows: int) -> float:
    one = Yardstick(Work(tokens=tokens, rows=rows, rtt_ms=0))
    started = time.perf_counter()
    list(one.stream(Question("How long is 500 ms?")))
    return 1e3 * (time.perf_counter() - started)

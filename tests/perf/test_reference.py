"""The reference against the baseline and the yardstick, as ratios measured in one run.

The times themselves are printed and never asserted: they depend on the CPU.
"""

import time
from statistics import median

import pytest

from harness import entries
from harness.assistant import Question, ask
from harness.kb.questions import draw
from harness.measure.latency.bench import WARM_UP, run_bench
from harness.measure.latency.timing import time_or_fault
from harness.measure.latency.trace import recording
from harness.measure.latency.yardstick import SHARE
from harness.measure.stats import bootstrap_ratio
from harness.setup.stage_costs import TOTAL_TOLERANCE
from tests.fakes import pipeline
from tests.perf.figures import BUSY, beside

# A pair takes 5 s on two slow cores and several times as long on a busy machine.
pytestmark = [pytest.mark.perf, pytest.mark.timeout(1800)]

PAIRS = 44  # the fewest that have a p90
# From 3.2 s to 500 ms, on any CPU. Measured: 10 to 14 on an EPYC without AVX-512, 16 on a Xeon with AMX.
PROMISED = 1 / SHARE
BUSY_ROUNDS = 3  # quiet and beside a busy process, in turn
SETTLING, SETTLED = 10, 14  # questions in each: the first ones until the threads are chosen again
BUSY_COST = (
    2.5  # times as long: a busy process takes one of two cores, and more threads than cores wait
)
# A side that the measurement favours by less decides nothing here: the ratios asserted above are a factor of
# 6, and have TOTAL_TOLERANCE. It does not vouch for the journey's smallest steps, which are 2 % to 4 %.
EVEN = 0.03


def bench(a, b, n=PAIRS, seed=44):
    *_, found = run_bench(
        entries.entry_named(a), entries.entry_named(b), draw("dev", WARM_UP + n, seed)
    )
    assert found.comparison.clean, found.comparison.faults
    print(f"\n{a} / {b}: {found.comparison.ratio('e2e_ms')} n={n}")
    for side in "ab":
        for measured in ("e2e_ms", "ttft_ms"):
            print(f"  {side} {measured} {found.comparison.latencies(side, measured)}")
        print(f"  {side} {found.quality(side).fact}")
    return found.comparison


def test_the_reference_is_as_much_faster_as_promised_to_the_first_text_and_to_the_last():
    found = bench("baseline", "reference")
    assert found.ratio("e2e_ms").interval.low >= PROMISED
    assert found.ratio("ttft_ms").interval.low >= PROMISED


def test_the_slowest_tenth_of_the_reference_stays_under_the_yardsticks_500_ms():
    found = bench("reference", "yardstick")
    assert found.latencies("a", "e2e_ms").p90 <= found.latencies("b", "e2e_ms").p50


def test_the_yardstick_is_500_ms_where_the_baseline_is_3200():
    found = bench("yardstick", "baseline", n=12)
    # What calibration promises for the baseline's 3.2 s holds for the yardstick beside it.
    assert found.ratio("e2e_ms").p50 == pytest.approx(SHARE, rel=TOTAL_TOLERANCE)


def test_the_same_code_against_itself_is_even():
    found = bench("reference", "reference", n=60)
    assert found.ratio("e2e_ms").p50 == pytest.approx(1, abs=EVEN)


def test_a_busy_process_beside_it_does_not_stop_the_reference():
    entry, cases = entries.entry_named("reference"), draw("dev", SETTLING + SETTLED, 45)
    quiet, busy = [], []
    with entry.deployed() as client:

        def settled_ms():
            """Return the times of the last SETTLED questions."""
            times = []
            for case in cases:
                entry.reset()
                times.append(time_or_fault(client, case.question).e2e_ms)
            print([round(ms) for ms in times])
            return times[SETTLING:]

        for _ in range(BUSY_ROUNDS):
            quiet += settled_ms()
            with beside([BUSY]):
                busy += settled_ms()
    ratio = bootstrap_ratio(busy, quiet)
    print(f"\nbeside a busy process: p50 {median(busy):.0f} ms, quiet {median(quiet):.0f}, {ratio}")
    assert ratio.low <= BUSY_COST


def test_measuring_costs_less_than_a_hundredth_of_the_fastest_answer():
    bare, question = pipeline(streaming=True), Question("How long?")
    calls = range(300)

    def took_ms(call):
        times = []
        for _ in calls:
            started = time.perf_counter_ns()
            call(bare, question)
            times.append((time.perf_counter_ns() - started) / 1e6)
        return median(times)

    plain = took_ms(ask)  # nothing is recorded yet: without a provider, spans are empty
    with recording():
        watched = took_ms(time_or_fault)
    fastest = bench("reference", "reference", n=6).latencies("a", "e2e_ms").p50
    print(f"measuring: {watched - plain:.3f} ms of {fastest:.0f} ms")
    # Two requests with the same question differ by more than that.
    assert watched - plain <= 0.01 * fastest

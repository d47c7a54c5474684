import pytest

from harness.assistant import Answer
from harness.measure.latency.timing import Timing
from harness.measure.latency.trace import Span, Trace
from harness.measure.machine.busy import Busy
from harness.semconv import STAGES
from harness.setup.interleaved_round import DISTURBED, Pair, as_pair, collect

QUIET, HOGGED = Busy(2, 0.0, 0.0, ()), Busy(2, 1.0, 0.0, (("hog", 1.0),))
PAIR = Pair(3200, 500, {}, Trace(()))


def collected(*seen, n=3, becomes=QUIET):
    return collect(iter(seen), n, lambda: becomes)


def test_disturbed_pairs_are_replaced():
    seen = collected((PAIR, QUIET), (PAIR, HOGGED), (PAIR, QUIET), (PAIR, QUIET), (PAIR, QUIET))
    assert (len(seen.pairs), seen.trouble) == (3, "")


def test_a_machine_that_stays_busy_ends_the_round_and_is_described():
    seen = collected((PAIR, QUIET), (PAIR, HOGGED), (PAIR, QUIET), becomes=HOGGED)
    assert len(seen.pairs) == 1 and "hog" in seen.trouble


def test_a_neighbour_that_comes_and_goes_ends_the_round_at_last():
    seen = collected(*[(PAIR, HOGGED), (PAIR, QUIET)] * DISTURBED, n=9)
    assert len(seen.pairs) == DISTURBED - 1 and "hog" in seen.trouble


def test_refusals_do_not_count_and_too_many_are_told():
    assert len(collected((None, QUIET), (PAIR, QUIET), n=1).pairs) == 1
    seen = collected((None, QUIET), (PAIR, QUIET))
    assert len(seen.pairs) == 1 and "refusals" in seen.trouble


def as_timed(e2e_ms=3200.0, flags=()):
    return Timing(e2e_ms, e2e_ms, Answer("text", flags=flags))


def as_trace(stages_ms=640.0, total_ms=3200.0):
    stages = [Span(stage, 0.0, stages_ms, 1) for stage in STAGES]
    return Trace((Span("request", 0.0, total_ms), *stages))


def test_a_pair_has_the_times_of_both():
    pair = as_pair(as_timed(), as_trace(), as_timed(500.0))
    assert (pair.baseline_ms, pair.yardstick_ms) == (3200, 500)
    assert set(pair.stages_ms) == set(STAGES)


@pytest.mark.parametrize(
    ("timing", "trace"),
    [
        (as_timed(flags=("refused",)), as_trace()),
        (as_timed(), as_trace(total_ms=3_603_200.0)),  # the clock jumped by an hour
        (as_timed(), as_trace(total_ms=-396_800.0)),
        (as_timed(), as_trace(stages_ms=-5.0)),
    ],
)
def test_refusals_and_requests_during_a_jump_of_the_clock_do_not_count(timing, trace):
    assert as_pair(timing, trace, as_timed(500.0)) is None

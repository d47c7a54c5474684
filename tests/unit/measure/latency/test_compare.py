import json

import numpy as np
import pytest

from harness.assistant import Question, Token
from harness.errors import PlainError
from harness.measure.latency.compare import Comparison, Ratio, blocks, compare
from harness.measure.latency.faults import FaultKind
from tests.clock import FakeClock, Paced, taking
from tests.fakes import Scripted


def questions(n):
    return [Question(f"{number}?", id=f"q{number}") for number in range(n)]


@pytest.fixture
def clock():
    return FakeClock()


class Logged:
    """An assistant that writes down who was asked what."""

    def __init__(self, name, inner, log):
        self.name, self.inner, self.log = name, inner, log

    def stream(self, question):
        self.log.append(f"{self.name}{question.id}")
        yield from self.inner.stream(question)


def logged(clock, a_ms=100, b_ms=200):
    log = []
    return Logged("a", taking(clock, a_ms), log), Logged("b", taking(clock, b_ms), log), log


def test_the_order_is_a_b_b_a(clock):
    a, b, log = logged(clock)
    compare(a, b, questions(4), clock=clock)
    assert log == ["aq0", "bq0", "bq1", "aq1", "aq2", "bq2", "bq3", "aq3"]


def test_crossed_blocks_ask_no_question_twice_in_a_row(clock):
    a, b, log = logged(clock)
    *_, found = blocks(a, b, questions(4), crossed=True, clock=clock)
    assert log == ["aq0", "bq1", "bq0", "aq1", "aq2", "bq3", "bq2", "aq3"]
    assert [pair.question.id for pair in found.pairs] == ["q0", "q1", "q2", "q3"]
    assert found.samples("a", "e2e_ms") == [100] * 4 and found.samples("b", "e2e_ms") == [200] * 4


def test_every_block_shows_what_there_is_so_far(clock):
    a, b, log = logged(clock)
    run = blocks(a, b, questions(6), clock=clock)
    assert log == []  # nothing is asked before somebody looks
    first = next(run)
    assert len(first.pairs) == 2 and len(log) == 4
    assert [pair.a_first for pair in first.pairs] == [True, False]
    assert [pair.question.id for pair in first.pairs] == ["q0", "q1"]
    assert [len(comparison.pairs) for comparison in run] == [4, 6]
    assert len(first.pairs) == 2  # what was given does not change


def test_warming_up_and_forgetting_are_off_the_clock(clock):
    a, b, log = logged(clock)

    def reset():
        log.append("reset")
        clock.go_on(5000)

    warm = [Question("warm", id="w")]
    found = compare(a, b, questions(2), warm_up=warm, reset=reset, clock=clock)
    assert log[:4] == ["reset", "aw", "reset", "bw"]
    assert log[4::2] == ["reset"] * 4
    assert found.samples("a", "e2e_ms") == [100, 100]
    assert len(found.pairs) == 2


def test_times_and_ratios(clock):
    found = compare(
        taking(clock, 100, ttft_ms=10), taking(clock, 200, ttft_ms=40), questions(44), clock=clock
    )
    assert found.clean
    assert found.ratios == (0.5,) * 44
    assert found.ratio("e2e_ms").p50 == 0.5
    assert found.ratio("ttft_ms").p50 == 0.25
    assert found.latencies("b", "ttft_ms").p90 == 40


def test_what_slows_both_members_of_a_pair_cancels(clock):
    slow = iter(np.repeat([1.0, 9.0, 2.0, 1.0, 5.0, 1.0, 3.0, 1.0], 2))
    a, b = (Paced(clock) for _ in range(2))

    def reset():
        factor = next(slow)
        a.steps, b.steps = taking(clock, 80 * factor).steps, taking(clock, 100 * factor).steps

    found = compare(a, b, questions(8), reset=reset, clock=clock)
    assert found.ratios == pytest.approx([0.8] * 8)


def test_the_result_has_the_fields_that_others_rely_on(clock):
    found = compare(taking(clock, 100), taking(clock, 200), questions(10), clock=clock).to_json()
    json.dumps(found)
    assert found["n"] == 10
    for measured in ("e2e_ms", "ttft_ms"):
        assert found[measured]["a"]["p50"] == 100 and found[measured]["b"]["p50"] == 200
        assert found[measured]["a"]["p90"] is None  # 10 are too few
        assert found["samples"][measured]["b"] == [200.0] * 10
    assert found["ratio"] == {"p50": 0.5, "low": 0.5, "high": 0.5}
    assert found["faults"] == {"a": {}, "b": {}}


def test_below_five_pairs_there_is_no_ratio(clock):
    found = compare(taking(clock, 100), taking(clock, 200), questions(4), clock=clock)
    assert found.ratio("e2e_ms") is None
    assert found.to_json()["ratio"] is None


def test_after_one_fault_there_is_no_number(clock):
    a, b, log = logged(clock)
    seen = []

    def break_b():
        seen.append(True)
        b.inner = Scripted(Token("half")) if len(seen) > 6 else b.inner  # in the second block

    found = compare(a, b, questions(20), reset=break_b, clock=clock)
    assert len(log) == 8  # it stopped at the first block with a fault
    assert not found.clean and found.ratios == () and found.samples("a", "e2e_ms") == []
    assert [fault.kind for fault in found.faults["b"]] == [FaultKind.UNFINISHED]
    shown = found.to_json()
    assert shown["e2e_ms"]["a"]["p50"] is None and shown["ratio"] is None
    assert shown["faults"]["a"] == {}
    assert shown["faults"]["b"]["never finished"]["count"] == 1
    assert "no Done" in shown["faults"]["b"]["never finished"]["first"]


def test_the_deadline_holds_for_every_request(clock):
    found = compare(
        taking(clock, 100), taking(clock, 3000), questions(2), deadline_s=1, clock=clock
    )
    assert {fault.kind for fault in found.faults["b"]} == {FaultKind.TIMED_OUT}


@pytest.mark.parametrize("n", [0, 1, 7])
def test_an_odd_number_of_questions_is_refused_at_once(clock, n):
    with pytest.raises(PlainError, match=f"even number .* {n}"):
        blocks(taking(clock, 1), taking(clock, 1), questions(n))


def test_an_empty_comparison_has_no_numbers():
    assert Comparison().to_json()["n"] == 0
    assert Comparison().clean and Comparison().ratios == ()


def test_a_ratio_of_paired_times_has_an_interval():
    ratio = Ratio.of([20, 40, 60, 80, 100], [10, 20, 30, 40, 50])
    assert (ratio.p50, ratio.interval.low, ratio.interval.high) == (2, 2, 2)

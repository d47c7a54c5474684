import json

import pytest

from harness.assistant import Answer
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.timing import Timing
from harness.measure.load.goodput import Limits, LoadRun, Request


def request(ttft_ms, e2e_ms, waited_ms=0.0):
    return Request(0.0, waited_ms, Timing(ttft_ms, e2e_ms, Answer("yes")))


FAULTY = Request(0.0, 7.0, Fault(FaultKind.RAISED, "It raised ValueError"))


@pytest.mark.parametrize(
    ("one", "good"),
    [
        (request(200, 500), True),
        (request(201, 500), False),
        (request(200, 501), False),
        (request(150, 450, waited_ms=50), True),
        (request(150, 450, waited_ms=51), False),  # both count from the intended start
        (request(None, 100), False),
        (FAULTY, False),
    ],
)
def test_good_is_within_both_limits(one, good):
    assert one.within(Limits(ttft_ms=200, e2e_ms=500)) is good


def test_a_run_adds_up():
    run = LoadRun((request(10, 100), request(10, 600), FAULTY, FAULTY), 2.0, "closed loop")
    good = run.goodput(Limits())
    assert (good.share.successes, good.share.n, good.per_s) == (1, 4, 0.5)
    assert run.throughput_per_s == 1.0
    assert run.faults == {"raised": 2}
    assert (run.e2e_ms.n, run.ttft_ms.n, run.waited_ms.n) == (2, 2, 4)
    assert (run.e2e_ms.max, run.waited_ms.max) == (600, 7)


def test_its_json_has_plain_types():
    run = LoadRun(tuple(request(10, 100) for _ in range(44)), 4.0, "open loop")
    found = json.loads(json.dumps(run.to_json(Limits())))
    assert found["e2e_ms"]["p90"] == 100 and found["e2e_ms"]["p99"] is None
    assert found["goodput"]["share"]["rate"] == 1 and found["goodput"]["per_s"] == 11
    assert found["goodput"]["limits_ms"] == {"ttft": 200, "e2e": 500}
    assert (found["n"], found["faults"], found["load"]) == (44, {}, "open loop")

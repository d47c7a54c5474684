"""A run is bounded and polite; its report adds up."""

import pytest

from harness.assistant import Answer
from harness.chat.chat_exchange import Exchange
from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import NS_PER_S, Timing
from harness.measure.latency.trace import Span, Trace
from harness.measure.service.own_questions import OwnQuestion
from harness.measure.service.parts import (
    CONNECTION,
    FIRST,
    REPLY,
    REST,
    SERVER,
    STREAM,
    WRITING,
    ceilings,
    parts,
)
from harness.measure.service.service_report import ServiceReport, spread
from harness.measure.service.service_run import MOST_FAULTS, Outcome, Plan, run_service
from harness.measure.service.targets import Target
from tests.clock import FakeClock, taking

QUESTIONS = [OwnQuestion(text=f"question {number}", regex="yes") for number in range(10)]


class Service:
    """A client whose answers are scripted: None answers "yes", a number asks to wait, an error is raised."""

    def __init__(self, clock, *script):
        self.clock, self.script, self.asked = clock, list(script), []
        self.last = Exchange()

    def stream(self, question):
        self.asked.append((self.clock.ns / NS_PER_S, question.text))
        step = self.script.pop(0) if self.script else None
        self.last = Exchange()
        if isinstance(step, Exception):
            raise step
        if step is not None:
            self.last.retry_after_s = step
            raise RuntimeError("busy")
        yield from taking(self.clock, 100, 40).stream(question)


def outcomes(clock, service, n=10, rate=2.0):
    target = Target("it", service, service)
    return list(run_service(target, QUESTIONS, Plan(n, rate), clock))


def test_requests_keep_their_distance():
    service = Service(clock := FakeClock())
    assert len(outcomes(clock, service, n=3)) == 3
    assert [at for at, _ in service.asked] == pytest.approx([0, 0.5, 1.0])


def test_a_service_that_asks_to_wait_is_obeyed_and_asked_again():
    service = Service(clock := FakeClock(), None, 7.0)
    found = outcomes(clock, service, n=4)
    assert service.asked[1][1] == service.asked[2][1] == "question 1"
    assert service.asked[2][0] - service.asked[1][0] >= 7.0
    assert len(found) == 4  # a refusal is one of the requests


def test_a_service_that_only_asks_to_wait_ends_the_run():
    service = Service(clock := FakeClock(), *[2.0] * 10)
    assert len(outcomes(clock, service)) == len(service.asked) == MOST_FAULTS


def test_a_wait_that_is_too_long_ends_the_run():
    service = Service(clock := FakeClock(), None, 3600.0)
    assert len(outcomes(clock, service)) == 2


def test_faults_in_a_row_end_the_run_and_single_ones_do_not():
    clock = FakeClock()
    gone = [OSError("gone")] * 3
    assert len(outcomes(clock, Service(clock, *gone))) == 3
    flaky = [None, OSError("reset")] * 5
    found = outcomes(clock, Service(clock, *flaky))
    assert sum(isinstance(each.result, Fault) for each in found) == 5


def test_a_plan_says_what_it_may_spend():
    assert "2,560 in all" in str(Plan(10, 2.0, 256))
    assert "tokens" not in str(Plan(10, 2.0))


def timed(ttft=40.0, e2e=100.0, exchange=None, trace=None, gaps=(30.0, 30.0)):
    timing = Timing(ttft, e2e, Answer("yes"), gaps)
    return Outcome(QUESTIONS[0], timing, exchange, trace)


def exchange(connect=5.0, reply=30.0, server=None, stages=()):
    return Exchange(connect_ms=connect, reply_ms=reply, server_ms=server, server=dict(stages))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (timed(), {REST: 40, WRITING: 60}),
        (timed(exchange=exchange()), {CONNECTION: 5, REPLY: 25, FIRST: 10, WRITING: 60}),
        (
            timed(exchange=exchange(server=20.0, stages={"queue": 15.0})),
            {CONNECTION: 5, "network": 5, "queue": 15, SERVER: 5, FIRST: 10, WRITING: 60},
        ),
        (
            timed(exchange=exchange(server=99.0)),
            {CONNECTION: 5, "network": 0, SERVER: 25, FIRST: 10, WRITING: 60},
        ),
        (
            timed(trace=Trace((Span("request", 0, 100), Span("generate", 10, 70)))),
            {"generate": 70, REST: 30},
        ),
    ],
)
def test_parts_add_up_to_the_end_to_end_time(outcome, expected):
    assert parts(outcome) == expected
    assert sum(parts(outcome).values()) == pytest.approx(outcome.result.e2e_ms)


def test_a_ceiling_is_what_remains_without_a_part():
    first, second, *_ = ceilings([timed(exchange=exchange())] * 3)
    assert (first.part, first.remains_ms, second.part) == (WRITING, 40, REPLY)


def test_the_report_keeps_the_cold_request_apart_and_counts_every_fault():
    cold = timed(ttft=900.0, e2e=1000.0, exchange=exchange())
    fault = Outcome(QUESTIONS[1], Fault("raised", "It is down."))
    report = ServiceReport("it", 50, (cold, *[timed(exchange=exchange(0.0))] * 44, fault))
    assert report.cold.e2e_ms == 1000 and report.e2e_ms.p90 == 100
    assert report.inter_token_ms.p50 == 30 and report.connect_ms == [5.0]
    assert report.faults == {"It is down.": 1}
    assert (report.right.successes, report.right.n) == (45, 45)
    assert report.to_json()["completion_tokens"] == 3


def test_a_service_that_does_not_stream_is_told_to():
    whole = timed(ttft=100.0, gaps=())
    report = ServiceReport("it", 2, (whole, whole))
    assert report.advice[0] == STREAM and report.to_json()["completion_tokens"] is None
    assert STREAM not in ServiceReport("it", 2, (timed(), timed())).advice


def test_few_samples_give_no_percentile_and_no_interval():
    assert spread([1.0] * 4).p50 is None
    five = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (five.p50, five.p50_interval, five.p90) == (3.0, None, None)
    many = spread([float(number) for number in range(100)])
    assert many.p50_interval.low < many.p50 < many.p50_interval.high
    assert many.p90_interval.low < many.p90 < many.p90_interval.high

"""A run is bounded and polite; its report adds up."""

from dataclasses import replace

import pytest

from harness.assistant import Answer
from harness.chat.chat_exchange import Exchange
from harness.measure.latency.faults import Fault
from harness.measure.latency.timing import NS_PER_S, Timing
from harness.measure.latency.trace import Span, Trace
from harness.measure.service.detail import alike
from harness.measure.service.own_questions import OwnQuestion
from harness.measure.service.parts import (
    CONNECTION,
    FIRST,
    PREFILL,
    REPLY,
    REST,
    SERVER,
    STREAM,
    WRITING,
    ceilings,
    parts,
)
from harness.measure.service.service_report import ServiceReport, spread
from harness.measure.service.service_run import MOST_FAULTS, Outcome, Plan, Sent, run_service
from harness.measure.service.targets import Target
from harness.show.service_tables import findings
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
    assert str(Plan(10)) == "at most 10 requests, one at a time"
    assert str(Plan(1, 2.0)) == "at most 1 request"


def test_an_object_is_asked_without_a_pause():
    service = Service(clock := FakeClock())
    assert len(outcomes(clock, service, n=3, rate=None)) == 3
    assert [at for at, _ in service.asked] == pytest.approx([0, 0.1, 0.2])


def timed(ttft=40.0, e2e=100.0, exchange=None, trace=None, gaps=(30.0, 30.0)):
    timing = Timing(ttft, e2e, Answer("yes"), gaps)
    return Outcome(QUESTIONS[0], timing, exchange, trace)


def spans_named(name):
    return Trace((Span("request", 0, 100), Span(name, 10, 70, depth=1)))


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
        (  # more than there was
            timed(exchange=exchange(server=50.0, stages={"queue": 30.0})),
            {CONNECTION: 5, "network": 0, "queue": 15, SERVER: 10, FIRST: 10, WRITING: 60},
        ),
        (  # with a name of a part of ours
            timed(exchange=exchange(server=20.0, stages={"network": 15.0})),
            {CONNECTION: 5, "network": 5, "server: network": 15, SERVER: 5, FIRST: 10, WRITING: 60},
        ),
        (
            replace(timed(trace=spans_named("writing")), sent=Sent(1, 0)),
            {"network": 10, "server: writing": 30, WRITING: 60},
        ),
        (
            timed(exchange=exchange(server=99.0)),
            {CONNECTION: 5, "network": 0, SERVER: 25, FIRST: 10, WRITING: 60},
        ),
        (
            timed(trace=Trace((Span("request", 0, 100), Span("generate", 10, 70)))),
            {REST: 10, "generate": 30, WRITING: 60},
        ),
        (
            timed(100.0, trace=Trace((Span("request", 0, 100), Span("generate", 10, 70)))),
            {REST: 30, "generate": 70, WRITING: 0},
        ),
    ],
)
def test_parts_add_up_to_the_end_to_end_time(outcome, expected):
    assert parts(outcome) == expected
    assert sum(parts(outcome).values()) == pytest.approx(outcome.result.e2e_ms)


def test_a_ceiling_is_what_remains_without_a_part():
    first, second, *_ = ceilings([timed(exchange=exchange())] * 3)
    assert (first.part, first.remains_ms, second.part) == (WRITING, 40, REPLY)


@pytest.mark.parametrize(
    ("server", "expected"),
    [(None, {CONNECTION: 5, REPLY: 95}), (20.0, {CONNECTION: 5, "network": 5, SERVER: 90})],
)
def test_answers_in_one_piece_have_no_part_between_reply_and_text(server, expected):
    whole = timed(100.0, gaps=(), exchange=exchange(server=server))
    rows = {row.part: row.part_ms for row in ceilings([whole] * 3)}
    assert rows == expected
    assert FIRST in {row.part for row in ceilings([timed(exchange=exchange())] * 3)}


@pytest.mark.parametrize(("server", "said"), [(None, False), (25.0, False), (26.0, True)])
def test_more_server_time_than_there_was_is_noted(server, said):
    report = ServiceReport("it", 4, (timed(exchange=exchange(server=server)),) * 4)
    notes = report.to_json()["notes"]
    assert (
        any("more time than there was" in note and "3 requests" in note for note in notes) == said
    )


def test_spans_change_neither_the_split_at_the_first_text_nor_the_advice():
    spans = Trace((Span("request", 0, 100), Span("POST", 3, 90), Span("generate", 10, 80, depth=1)))
    traced = replace(timed(80.0, 100.0, exchange(0.0, 12.0), spans), sent=Sent(1, 0))
    plain = replace(traced, trace=None)
    rows = {row.part: row for row in ceilings([traced] * 3)}
    assert rows[PREFILL].part_ms == 70 and rows[WRITING].part_ms == 20
    assert (
        ServiceReport("it", 3, (traced,) * 3).advice[:2]
        == ServiceReport("it", 3, (plain,) * 3).advice[:2]
    )


STATED, PLAIN = exchange(0.0, server=20.0), exchange(0.0)
TRACED = spans_named("retrieve")


@pytest.mark.parametrize(
    ("traced", "stated", "plain", "parts_of", "said"),
    [
        (3, 0, 0, "retrieve", []),
        (3, 2, 1, "retrieve", ["Spans came for 3 of 6"]),
        (1, 3, 2, SERVER, ["Spans came for 1 of 6", "own time came for 3 of 6"]),
        (0, 1, 5, REPLY, ["own time came for 1 of 6"]),
        (0, 0, 3, REPLY, []),
    ],
)
def test_a_part_that_is_not_known_counts_as_no_0(traced, stated, plain, parts_of, said):
    kinds = [timed(exchange=PLAIN, trace=TRACED)] * traced + [timed(exchange=STATED)] * stated
    found = alike(
        [replace(each, sent=Sent(1, 0)) for each in kinds] + [timed(exchange=PLAIN)] * plain
    )
    rows = {row.part: row.part_ms for row in ceilings(found.outcomes)}
    assert rows[parts_of] == {"retrieve": 30, SERVER: 20, REPLY: 30}[parts_of]
    assert len(found.notes) == len(said)
    assert all(words in note for words, note in zip(said, found.notes, strict=True))


def test_the_first_answer_is_the_cold_one_though_a_refusal_came_before():
    refused = Outcome(QUESTIONS[0], Fault("raised", "Wait."))
    report = ServiceReport("it", 3, (refused, timed(e2e=900.0), timed()), interrupted=True)
    assert (report.cold.e2e_ms, len(report.warm)) == (900.0, 1)
    assert report.to_json()["notes"] == ["Interrupted after 3 of 3 requests."]


def test_hidden_tokens_are_paid_for_and_are_none_between_texts():
    thought = replace(exchange(), completion_tokens=103, reasoning_tokens=100)
    report = ServiceReport("it", 6, (timed(exchange=thought),) * 6)
    assert (report.inter_token_ms.p50, report.to_json()["completion_tokens"]) == (30, 103)


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


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([400.0] * 44, "within 500 ms (n=44)"),
        ([400.0] * 23 + [900.0] * 21, "within 500 ms, but the interval reaches beyond it"),
        ([400.0] * 21 + [900.0] * 23, "over 500 ms, but the interval reaches below it"),
        ([900.0] * 44, "over 500 ms (n=44)"),
    ],
)
def test_a_limit_inside_the_interval_is_said(times, said):
    report = ServiceReport("it", 45, tuple(timed(e2e=ms) for ms in (400.0, *times)))
    assert any(said in sentence for sentence in findings(report))


def test_few_samples_give_no_percentile_and_no_interval():
    assert spread([1.0] * 4).p50 is None
    five = spread([1.0, 2.0, 3.0, 4.0, 5.0])
    assert (five.p50, five.p50_interval, five.p90, five.mean) == (3.0, None, None, 3.0)
    many = spread([float(number) for number in range(100)])
    assert many.p50_interval.low < many.p50 < many.p50_interval.high
    assert many.p90_interval.low < many.p90 < many.p90_interval.high

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness.assistant import BadQuestionError, Question, Token
from harness.labs.load.admission import AdmissionControl, BusyError, InFlightCounter
from harness.measure.load.load_generator import closed_loop
from tests.fakes import saying

QUESTION = Question("why?")


def test_a_refused_request_fails_at_once_and_is_not_counted():
    counts, in_flight = [], InFlightCounter()

    def accept(count):
        counts.append(count)
        return count < 1

    controlled = AdmissionControl(saying("yes"), accept, in_flight)
    first = controlled.stream(QUESTION)
    assert next(first) == Token("yes")
    with pytest.raises(BusyError):
        next(controlled.stream(QUESTION))
    assert in_flight.count == 1
    list(first)
    assert in_flight.count == 0
    assert counts == [0, 1]
    assert list(controlled.stream(QUESTION))


def test_a_request_that_is_closed_or_fails_is_not_in_flight_any_more():
    in_flight = InFlightCounter()
    stream = AdmissionControl(saying("yes no"), lambda count: True, in_flight).stream(QUESTION)
    next(stream)
    stream.close()
    with pytest.raises(BadQuestionError):
        list(AdmissionControl(saying("yes"), lambda count: True, in_flight).stream(Question("")))
    assert in_flight.count == 0


def test_the_requests_in_flight_are_integrated_over_time():
    times = iter((10.0, 12.0, 15.0, 16.0, 18.0))
    in_flight = InFlightCounter(now_s=lambda: next(times))
    for accept in (True, True, False):
        in_flight.enter(lambda ahead, accept=accept: accept)
    in_flight.leave()
    in_flight.leave()
    assert in_flight.request_s == 1 * 2 + 2 * 3 + 2 * 1 + 1 * 2


def test_many_threads_together_exceed_no_limit():
    in_flight, counts = InFlightCounter(), []

    class Counting:
        def stream(self, question):
            counts.append(in_flight.count)
            yield from saying("yes").events

    make = partial(AdmissionControl, Counting(), lambda count: count < 3, in_flight)
    with ThreadPoolExecutor(16) as pool:
        run = closed_loop(make, [QUESTION] * 200, users=16, pool=pool)
    assert max(counts) <= 3 and in_flight.count == 0
    assert len(counts) == 200 - sum(run.faults.values())

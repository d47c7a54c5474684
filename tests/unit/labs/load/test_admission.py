from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness.assistant import Question, Token
from harness.labs.load.admission import AdmissionControl, BusyError, InFlightCounter
from harness.measure.load.load_generator import closed_loop
from tests.fakes import saying

QUESTION = Question("why?")


def test_who_is_not_welcome_is_told_at_once_and_not_counted():
    seen = []
    in_flight = InFlightCounter()
    controlled = AdmissionControl(
        saying("yes"), lambda ahead: seen.append(ahead) or ahead < 1, in_flight
    )
    first = controlled.stream(QUESTION)
    assert next(first) == Token("yes")
    with pytest.raises(BusyError, match="try again"):
        next(controlled.stream(QUESTION))
    assert in_flight.inside == 1
    list(first)
    assert in_flight.inside == 0
    assert seen == [0, 1]
    assert list(controlled.stream(QUESTION))


def test_who_leaves_or_fails_is_not_inside_any_more():
    in_flight = InFlightCounter()
    gone = AdmissionControl(saying("yes no"), lambda ahead: True, in_flight).stream(QUESTION)
    next(gone)
    gone.close()
    with pytest.raises(Exception, match="empty"):
        list(AdmissionControl(saying("yes"), lambda ahead: True, in_flight).stream(Question("")))
    assert in_flight.inside == 0


def test_a_door_for_many_threads_lets_in_no_more_than_it_should():
    in_flight, most = InFlightCounter(), []

    class Inside:
        def stream(self, question):
            most.append(in_flight.inside)
            yield from saying("yes").events

    make = partial(AdmissionControl, Inside(), lambda ahead: ahead < 3, in_flight)
    with ThreadPoolExecutor(16) as pool:
        run = closed_loop(make, [QUESTION] * 200, users=16, pool=pool)
    assert max(most) <= 3 and in_flight.inside == 0
    assert len(most) == 200 - sum(run.faults.values())

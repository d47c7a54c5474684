from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from harness.assistant import Question, Token
from harness.labs.load.admission import BusyError, Door, Gate
from harness.measure.load.load_generator import closed_loop
from tests.fakes import saying

QUESTION = Question("why?")


def test_who_is_not_welcome_is_told_at_once_and_not_counted():
    seen = []
    door = Door()
    gate = Gate(saying("yes"), lambda ahead: seen.append(ahead) or ahead < 1, door)
    first = gate.stream(QUESTION)
    assert next(first) == Token("yes")
    with pytest.raises(BusyError, match="try again"):
        next(gate.stream(QUESTION))
    assert door.inside == 1
    list(first)
    assert door.inside == 0
    assert seen == [0, 1]
    assert list(gate.stream(QUESTION))


def test_who_leaves_or_fails_is_not_inside_any_more():
    door = Door()
    gone = Gate(saying("yes no"), lambda ahead: True, door).stream(QUESTION)
    next(gone)
    gone.close()
    with pytest.raises(Exception, match="empty"):
        list(Gate(saying("yes"), lambda ahead: True, door).stream(Question("")))
    assert door.inside == 0


def test_a_door_for_many_threads_lets_in_no_more_than_it_should():
    door, most = Door(), []

    class Inside:
        def stream(self, question):
            most.append(door.inside)
            yield from saying("yes").events

    make = partial(Gate, Inside(), lambda ahead: ahead < 3, door)
    with ThreadPoolExecutor(16) as pool:
        run = closed_loop(make, [QUESTION] * 200, users=16, pool=pool)
    assert max(most) <= 3 and door.inside == 0
    assert len(most) == 200 - sum(run.faults.values())

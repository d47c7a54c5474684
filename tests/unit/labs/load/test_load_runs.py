"""Load tests over real HTTP with an assistant that answers at once; no times are asserted."""

import pytest

from harness.assistant import Question
from harness.labs.load.load_runs import (
    arrivals,
    first_texts,
    lone_and_busy,
    measured_loads,
    one_user,
    random_users,
    stays,
    without_distance,
)
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.timing import Timing
from harness.measure.load.goodput import LoadRun, Request
from harness.serve.entry import Entry
from harness.serve.network import Network
from tests.fakes import saying

FAR = Network(rtt_ms=900.0, keep_alive=True, preflight=())
PER_S = 400.0


class Listening:
    """An assistant that remembers what it was asked."""

    def __init__(self):
        self.heard = []

    def stream(self, question):
        self.heard.append(question.text)
        yield from saying("yes").events


@pytest.fixture
def entry():
    return without_distance(Entry("mine", Listening(), FAR))


def questions(n):
    return [Question(f"{number}?") for number in range(n)]


def asked(entry):
    return [int(text[:-1]) for text in entry.assistant.heard]


def test_only_the_distance_is_taken_away(entry):
    assert (entry.name, entry.network.rtt_ms, entry.network.keep_alive) == ("mine", 0.0, True)


def test_one_user_asks_in_turn_and_the_warm_up_is_not_in_the_run(entry):
    run = one_user(entry, questions(5), warm_up=2)
    assert len(run.requests) == 3 and not run.faults
    assert asked(entry) == [0, 1, 2, 3, 4]


def test_random_users_are_counted_in_flight(entry):
    run = random_users(entry, questions(20), PER_S, seed=3)
    assert len(run.requests) == 20 and not run.faults
    assert "seed 3" in run.load
    mean_in_flight = sum(r.outcome.e2e_ms for r in run.requests) / 1e3 / run.seconds
    assert 0 < run.in_flight <= 1.1 * mean_in_flight


def test_a_refused_request_is_a_fault_and_is_never_asked(entry):
    run = random_users(entry, questions(6), PER_S, accept=lambda ahead: False)
    assert sum(run.faults.values()) == 6
    assert run.in_flight == 0 and asked(entry) == []


def test_several_loads_take_the_questions_in_turn(entry):
    runs = measured_loads(entry, PER_S, {0.5: 3, 1.0: 4}, questions(5), seed=2)
    assert {load: len(run.requests) for load, run in runs.items()} == {0.5: 3, 1.0: 4}
    assert sorted(asked(entry)[:3]) == [0, 1, 2]
    assert sorted(asked(entry)[3:]) == [0, 1, 3, 4]
    assert runs[0.5].load.startswith("open loop, 200 requests/s")


def test_each_run_under_load_comes_after_the_same_lone_requests(entry):
    alone = one_user(entry, [Question("first"), *questions(5)], warm_up=1)
    entry.assistant.heard.clear()
    lone_ms, busy_ms = lone_and_busy(entry, alone, questions(13), load=0.9, n=5, runs=2)
    assert len(lone_ms) == len(busy_ms) == 2 and min(lone_ms + busy_ms) > 0
    assert asked(entry)[:3] == asked(entry)[8:11] == [0, 1, 2]
    assert sorted(asked(entry)[3:8]) == [3, 4, 5, 6, 7]
    assert sorted(asked(entry)[11:]) == [8, 9, 10, 11, 12]


def test_the_times_of_a_run_as_the_exercises_take_them():
    lost = Fault(FaultKind.SILENT, "")
    run = LoadRun(
        (Request(10.0, 5.0, Timing(20.0, 60.0, None)), Request(30.0, 45.0, lost)), 1.0, ""
    )
    assert arrivals(run) == ([10.0], [60.0], [5.0])
    assert stays(run) == ([10.0], [75.0])
    assert first_texts(run) == [(10.0, 15.0, 35.0), (30.0, 75.0, None)]

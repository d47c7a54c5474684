from dataclasses import replace

import pytest

from harness.kb.questions import draw
from harness.labs.capstone.journey_steps import Change, journey_steps
from harness.measure.latency import journey as measure
from harness.measure.latency.journey import FaultyStepError, JourneyStep
from harness.pipeline import Pipeline
from harness.serve.entry import Entry
from harness.serve.network import Network
from tests.fakes import Scripted, pipeline, saying

NEAR = Network(rtt_ms=1, keep_alive=True, preflight=())
CASES = draw("dev", 7, seed=8)
ANSWER = "Twenty-four months."


def step(name, assistant=None, **fields):
    return JourneyStep(Entry(name, assistant or saying(ANSWER), NEAR), **fields)


def test_every_step_answers_every_question_and_the_first_is_the_measure():
    steps = [step("slow"), step("fast", cost="a lot"), step("odd", detour=True)]
    timings = list(measure.interleaved_timings(steps, CASES))
    assert [len(row) for row in timings] == [3] * (len(CASES) - measure.WARM_UP)
    found = measure.journey(measure.measured_steps(steps, CASES, timings), code="abc")
    assert [(s.name, s.cost, s.detour) for s in found.steps] == [
        ("slow", "", False),
        ("fast", "a lot", False),
        ("odd", "", True),
    ]
    assert found.steps[0].ratio == 1.0
    assert {s.n for s in found.steps} == {6}
    assert all(s.e2e_ms.p50 and s.e2e_ms.p90 is None for s in found.steps)
    assert measure.Journey.model_validate_json(found.model_dump_json()) == found


def test_the_step_that_begins_rotates():
    log = []

    class Logged:
        def __init__(self, name):
            self.name = name

        def stream(self, question):
            log.append(self.name)
            yield from saying(ANSWER).stream(question)

    steps = [step(name, Logged(name)) for name in "abc"]
    list(measure.interleaved_timings(steps, CASES[:3]))
    assert "".join(log) == "abcbcacab"


def test_a_step_that_goes_wrong_is_named():
    with pytest.raises(FaultyStepError, match="`silent` went wrong"):
        list(measure.interleaved_timings([step("silent", Scripted())], CASES))


def test_changes_add_up_and_detours_are_left_again():
    slow = Entry("slow", pipeline(), Network(rtt_ms=9))
    steps = journey_steps(
        slow,
        [
            Change("near", "a connection", network=NEAR),
            Change("detour", "time", {"k": 2}, detour=True),
            Change("streamed", "nothing", {"streaming": True}),
        ],
    )
    assert [one.entry.name for one in steps] == ["slow", "near", "detour", "streamed"]
    inner = [one.entry.assistant for one in steps]
    assert isinstance(inner[0], Pipeline)
    assert [wrapped.inner.k for wrapped in inner[1:]] == [5, 2, 5]
    assert [one.entry.network for one in steps[1:]] == [NEAR] * 3
    assert inner[3].inner == replace(slow.assistant, streaming=True)


def test_a_generator_that_can_forget_does_so_before_each_request():
    class Remembering:
        forgot = 0

        def __call__(self, question, chunks):
            yield ANSWER

        def fresh(self):
            Remembering.forgot += 1

    slow = Entry("slow", pipeline(), NEAR)
    [_, last] = journey_steps(slow, [Change("other", "", {"generate": Remembering()})])
    list(measure.interleaved_timings([last], CASES[:3]))
    assert Remembering.forgot == 3

import json

import pytest

from harness.assistant import Answer
from harness.kb.questions import draw
from harness.measure.latency.bench import Bench, run_bench
from harness.measure.machine.busy import Busy
from harness.serve.entry import Division, Entry
from harness.serve.network import Network
from harness.show.bench_picture import finding
from tests.fakes import Scripted, saying

NEAR = Network(rtt_ms=1, keep_alive=True, preflight=())
BUSY = Busy(2, 1.5, 0.0, (("hog", 1.5),))


class Knowing:
    """An assistant that knows every answer."""

    def __init__(self, cases):
        self.answers = {case.question.text: case for case in cases}

    def stream(self, question):
        case = self.answers[question.text]
        citations = (case.gold,) if case.gold else ()
        yield from saying(case.reference, citations=citations).stream(question)


@pytest.fixture(scope="module")
def cases():
    return draw("dev", 8, seed=5)


def last(a, b, cases):
    *_, bench = run_bench(a, b, cases)
    return bench


def test_both_sides_are_timed_and_judged_on_the_same_answers(cases):
    right = Entry("right", Knowing(cases), NEAR)
    wrong = Entry("wrong", saying("It is covered for 999 months."), NEAR)
    bench = last(right, wrong, cases)
    values = json.loads(json.dumps(bench.to_json()))
    assert (values["a"], values["b"], values["n"]) == ("right", "wrong", 6)
    assert values["quality"]["a"]["exact"] == 1
    assert values["quality"]["b"]["exact"] == 0
    assert values["ratio"]["low"] <= values["ratio"]["p50"] <= values["ratio"]["high"]
    assert values["e2e_ms"]["a"]["p50"] > 0
    assert values["division"] == "closed"


def test_a_fault_takes_the_place_of_every_number(cases):
    silent = Entry("silent", Scripted(), NEAR)
    bench = last(Entry("right", Knowing(cases), NEAR), silent, cases)
    assert bench.to_json()["ratio"] is None
    assert bench.quality("a") is None
    assert finding(bench).startswith("No number: silent")


def test_a_saturated_machine_is_named_and_gives_no_time(cases):
    entry = Entry("right", Knowing(cases), NEAR)
    found = last(entry, entry, cases)
    bench = Bench(found.a, found.b, found.comparison, found.cases, busy=(BUSY,))
    values = bench.to_json()
    assert "hog" in values["saturated"]
    assert values["e2e_ms"] is values["ratio"] is None
    assert values["quality"]["a"]["exact"] == 1
    assert "saturated" in finding(bench)


def test_the_closed_division_forgets_before_each_request_and_the_open_one_never(cases):
    forgot = []
    closed = Entry("closed", Knowing(cases), NEAR, forget=lambda: forgot.append("closed"))
    opened = Entry("open", Knowing(cases), NEAR, Division.OPEN, lambda: forgot.append("open"))
    bench = last(closed, opened, cases)
    assert set(forgot) == {"closed"}
    assert len(forgot) >= 2 * len(bench.comparison.pairs)
    assert bench.division is Division.OPEN


def test_an_answer_that_says_nothing_of_the_question_is_judged_too(cases):
    empty = Entry("empty", saying("..."), NEAR)
    bench = last(empty, Entry("right", Knowing(cases), NEAR), cases)
    assert bench.quality("a").fact.successes == 0
    assert bench.quality("b").fact.rate == 1
    assert isinstance(bench.comparison.pairs[0].a.answer, Answer)

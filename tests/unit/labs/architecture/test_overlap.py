import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace

from harness.assistant import Query, Question, ask
from harness.labs.architecture.overlap import PREFILL_SPAN, one_after_the_other, side_by_side
from harness.labs.architecture.overlap_picture import overlap_timeline
from harness.measure.latency.trace import recording
from tests.fakes import FakeModel, pipeline

QUESTION = Question("how long?")
TIMEOUT_S = 5.0  # of threads that wait for each other; they meet at once or never


class Generation:
    """A generation stage that logs what it processes."""

    def __init__(self):
        self.model, self.log = FakeModel(), []

    def fresh(self):
        self.log.append("instructions")

    def __call__(self, question, chunks):
        self.log.append("passages")
        yield "Twenty-four months."


def test_one_after_the_other_the_model_forgets_before_it_generates():
    generation = Generation()
    answer = ask(one_after_the_other(pipeline(generate=generation)), QUESTION)
    assert answer.text == "Twenty-four months."
    assert generation.model.calls == ["forget"]
    assert generation.log == ["passages"]


def test_side_by_side_prefill_and_search_run_at_the_same_time():
    generation, meeting = Generation(), threading.Barrier(2)
    generation.fresh = lambda: meeting.wait(TIMEOUT_S)

    def search(query, k):
        meeting.wait(TIMEOUT_S)
        return pipeline().retrieve(query, k)

    with ThreadPoolExecutor(1) as pool:
        answer = ask(side_by_side(pipeline(retrieve=search, generate=generation), pool), QUESTION)
    assert answer.text == "Twenty-four months."


def test_generation_waits_for_the_prefill():
    generation, searched = Generation(), threading.Event()

    def fresh():
        searched.wait(TIMEOUT_S)
        generation.log.append("instructions")

    def search(query, k):
        searched.set()
        return pipeline().retrieve(query, k)

    generation.fresh = fresh
    with ThreadPoolExecutor(1) as pool:
        ask(side_by_side(pipeline(retrieve=search, generate=generation), pool), QUESTION)
    assert generation.log == ["instructions", "passages"]
    assert generation.model.calls == ["forget"]


def test_an_error_of_the_prefill_is_raised():
    generation = Generation()
    generation.fresh = lambda: 1 / 0
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        ask(side_by_side(pipeline(generate=generation), pool), QUESTION)


def test_the_prefill_is_a_span_of_the_same_request_and_can_be_drawn():
    def embed(question):
        return Query(question.text, pipeline().preprocess(question).vector)

    request = trace.get_tracer("test").start_as_current_span
    with recording() as rec, ThreadPoolExecutor(1) as pool, request("request"):
        ask(side_by_side(pipeline(preprocess=embed, generate=Generation()), pool), QUESTION)
    request_trace = rec.last()
    assert PREFILL_SPAN in {span.name for span in request_trace.spans}
    figure = overlap_timeline(request_trace, PREFILL_SPAN)
    assert f"{PREFILL_SPAN}:" in repr(figure)
    with pytest.raises(ValueError, match="'lunch'"):
        overlap_timeline(request_trace, "lunch")

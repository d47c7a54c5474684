import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace

from harness.assistant import Query, Question, ask
from harness.labs.architecture.overlap import READING, one_after_the_other, side_by_side
from harness.labs.architecture.overlap_picture import overlap
from harness.measure.latency.trace import recording
from tests.fakes import FakeModel, pipeline

QUESTION = Question("how long?")
PATIENCE_S = 5.0  # of threads that wait for each other; they meet at once or never


class Writer:
    """A generator stage that keeps a diary."""

    def __init__(self):
        self.model, self.diary = FakeModel(), []

    def fresh(self):
        self.diary.append("instructions")

    def __call__(self, question, chunks):
        self.diary.append("passages")
        yield "Twenty-four months."


def test_in_a_row_the_model_has_forgotten_when_its_turn_comes():
    writer = Writer()
    answer = ask(one_after_the_other(pipeline(generate=writer)), QUESTION)
    assert answer.text == "Twenty-four months."
    assert writer.model.calls == ["forget"]
    assert writer.diary == ["passages"]


def test_side_by_side_reading_and_searching_really_meet():
    writer, meeting = Writer(), threading.Barrier(2)
    writer.fresh = lambda: meeting.wait(PATIENCE_S)

    def search(query, k):
        meeting.wait(PATIENCE_S)
        return pipeline().retrieve(query, k)

    with ThreadPoolExecutor(1) as pool:
        answer = ask(side_by_side(pipeline(retrieve=search, generate=writer), pool), QUESTION)
    assert answer.text == "Twenty-four months."


def test_generation_waits_until_the_instructions_are_read():
    writer, searched = Writer(), threading.Event()

    def fresh():
        searched.wait(PATIENCE_S)
        writer.diary.append("instructions")

    def search(query, k):
        searched.set()
        return pipeline().retrieve(query, k)

    writer.fresh = fresh
    with ThreadPoolExecutor(1) as pool:
        ask(side_by_side(pipeline(retrieve=search, generate=writer), pool), QUESTION)
    assert writer.diary == ["instructions", "passages"]
    assert writer.model.calls == ["forget"]


def test_what_goes_wrong_beside_the_search_is_not_lost():
    writer = Writer()
    writer.fresh = lambda: 1 / 0
    with ThreadPoolExecutor(1) as pool, pytest.raises(ZeroDivisionError):
        ask(side_by_side(pipeline(generate=writer), pool), QUESTION)


def test_the_reading_is_a_span_of_the_same_request_and_can_be_drawn():
    def embed(question):
        return Query(question.text, pipeline().preprocess(question).vector)

    request = trace.get_tracer("test").start_as_current_span
    with recording() as rec, ThreadPoolExecutor(1) as pool, request("request"):
        ask(side_by_side(pipeline(preprocess=embed, generate=Writer()), pool), QUESTION)
    one = rec.last()
    assert READING in {span.name for span in one.spans}
    figure = overlap(one, READING)
    assert f"{READING}:" in repr(figure)
    with pytest.raises(ValueError, match="no span 'lunch'"):
        overlap(one, "lunch")

"""The first answer is told with its question and its time."""

from harness.assistant import Answer
from harness.measure.latency.timing import Timing
from harness.setup.first_answer import told


def test_the_answer_is_told_with_its_time():
    timing = Timing(4160.0, 4160.0, Answer("Three years."))
    question, answer, _ = told("How long is the warranty?", timing)
    assert "How long is the warranty?" in question
    assert "4.2 s" in answer and "Three years." in answer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import trace

from harness import semconv
from harness.assistant import BadQuestionError, Query, Question
from harness.errors import WrongUseError
from harness.measure.latency.trace import recording
from harness.wrappers.difficulty import NarrowMargin
from harness.wrappers.router import Router, calibrate
from tests.unit.wrappers.counting import ASKED, Counting, texts

INF = float("inf")


def router(difficulty, threshold=0.5):
    return Router(Counting("simple"), Counting("full"), lambda question: difficulty, threshold)


@pytest.mark.parametrize(
    ("difficulty", "way"),
    [(0.4, "simple"), (0.5, "simple"), (0.6, "full"), (float("nan"), "full")],
)
def test_what_is_easy_goes_the_simple_way_and_the_span_says_so(difficulty, way):
    with recording() as recorder, trace.get_tracer("test").start_as_current_span("request"):
        assert texts(router(difficulty), "a") == [f"{way} 1"]
    attributes = recorder.last().spans[0].attributes
    assert attributes[semconv.ROUTE] == way
    assert attributes[semconv.DIFFICULTY] == pytest.approx(difficulty, nan_ok=True)


def test_a_router_that_was_never_calibrated_up_asks_the_full_assistant():
    assert texts(router(0.0, threshold=-INF), "a") == ["full 1"]


def test_a_bad_question_goes_nowhere():
    with pytest.raises(BadQuestionError):
        list(router(0.4).stream(Question("")))


@pytest.mark.parametrize(
    ("scores", "simple", "full", "floor", "threshold"),
    [
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 1, 1], 1.0, 2),
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 1, 1], 0.75, 3),
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 1, 1], 0.5, 4),
        ([4, 3, 2, 1], [0, 0, 1, 1], [1, 1, 1, 1], 1.0, 2),  # in any order
        ([1, 1, 1, 2], [1, 1, 0, 1], [1, 1, 1, 1], 1.0, -INF),  # equal ones go together
        ([1, 2], [0, 0], [1, 1], 1.0, -INF),
        ([1, 2], [1, 1], [0, 0], 1.0, 2),  # the simple one may be the better one
        ([1, 2, 3], [0, 1, 1], [1, 0, 1], 2 / 3, 3),  # it pays in the end
    ],
)
def test_the_threshold_sends_as_many_as_the_floor_allows(scores, simple, full, floor, threshold):
    assert calibrate(scores, simple, full, floor) == threshold


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.booleans()), min_size=1, max_size=30),
    st.floats(0, 1),
)
def test_the_floor_holds_and_no_other_threshold_sends_more(rows, floor):
    scores, simple, full = (list(column) for column in zip(*rows, strict=True))

    def right(threshold):
        return sum(s if d <= threshold else f for d, s, f in rows) / len(rows)

    reached = [t for t in {-INF, *scores} if right(t) >= floor]
    if reached:
        assert calibrate(scores, simple, full, floor) == max(reached)
    else:
        with pytest.raises(WrongUseError, match="floor"):
            calibrate(scores, simple, full, floor)


@pytest.mark.parametrize(
    ("scores", "simple", "full"),
    [([], [], []), ([1], [True], []), ([float("nan")], [True], [True]), ([INF], [True], [True])],
)
def test_measurements_that_do_not_match_are_refused(scores, simple, full):
    with pytest.raises(WrongUseError):
        calibrate(scores, simple, full, 0.9)


def embedded(vector):
    return lambda question: Query(question.text, np.array(vector, np.float32))


def test_a_search_that_hesitates_is_harder():
    vectors = np.eye(3, dtype=np.float32)
    clear = NarrowMargin(embedded([1, 0, 0]), vectors)(ASKED)
    torn = NarrowMargin(embedded([0.7, 0.7, 0]), vectors)(ASKED)
    assert clear == pytest.approx(0) and torn == pytest.approx(1)


def test_a_margin_is_taken_among_the_chunks_that_count():
    def allowed(text):
        return np.array([True, False, True])

    vectors = np.eye(3, dtype=np.float32)
    assert NarrowMargin(embedded([0.7, 0.7, 0]), vectors, allowed)(ASKED) == pytest.approx(0.3)
    assert NarrowMargin(embedded([1, 0, 0]), vectors[:1])(ASKED) == 0.0

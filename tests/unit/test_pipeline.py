import pytest
from opentelemetry import trace

from harness import semconv
from harness.assistant import Answer, BadQuestionError, Done, Question, Token
from harness.measure.latency.trace import recording
from tests.fakes import pipeline

ASKED = Question("How long is the warranty?", id="q1")


def recorded(assistant, question=ASKED):
    tracer = trace.get_tracer("test")
    with recording() as recorder, tracer.start_as_current_span(semconv.REQUEST):
        events = list(assistant.stream(question))
    return events, recorder.last()


def test_buffered_shows_the_final_text_once():
    events, _ = recorded(pipeline())
    assert events == [
        Token("Twenty-four months."),
        Done(Answer("Twenty-four months.", ("c0",))),
    ]


def test_streaming_shows_each_piece_and_never_an_empty_one():
    pieces = ["Twenty-four ", "", "months."]
    events, _ = recorded(pipeline(streaming=True, generate=lambda q, c: iter(pieces)))
    assert [e.text for e in events[:-1]] == ["Twenty-four ", "months."]
    assert isinstance(events[-1], Done)


def test_one_span_a_stage_in_order_inside_the_request():
    _, one = recorded(pipeline())
    assert [s.name for s in one.spans] == [
        semconv.REQUEST,
        semconv.PREPROCESS,
        semconv.RETRIEVE,
        semconv.GENERATE,
        semconv.POSTPROCESS,
    ]
    assert [s.depth for s in one.spans] == [0, 1, 1, 1, 1]


def test_the_consumer_never_sees_the_stage_span_as_current():
    seen = []
    for _ in pipeline(streaming=True).stream(ASKED):
        seen.append(trace.get_current_span().get_span_context().is_valid)
    assert not any(seen)


def test_k_reaches_retrieval_and_the_cleaned_text_reaches_generation():
    seen = {}

    def generate(question, chunks):
        seen.update(text=question.text, n=len(chunks))
        return iter(["ok"])

    recorded(pipeline(k=2, generate=generate))
    assert seen == {"text": ASKED.text, "n": 2}


def test_a_model_that_writes_nothing_still_finishes():
    events, _ = recorded(pipeline(generate=lambda q, c: iter([])))
    assert events == [Done(Answer("", ("c0",)))]


@pytest.mark.parametrize("stage", ["preprocess", "retrieve", "postprocess"])
def test_an_error_in_a_stage_is_not_swallowed(stage):
    def broken(*_):
        raise OSError("disk on fire")

    with pytest.raises(OSError, match="disk on fire"):
        list(pipeline(**{stage: broken}).stream(ASKED))


def test_a_bad_question_stops_before_any_work():
    with pytest.raises(BadQuestionError):
        list(pipeline(preprocess=None).stream(Question("")))


def test_leaving_the_stream_ends_the_generate_span():
    tracer = trace.get_tracer("test")
    with recording() as recorder, tracer.start_as_current_span(semconv.REQUEST):
        stream = pipeline(streaming=True).stream(ASKED)
        next(stream)
        stream.close()
    assert semconv.GENERATE in [s.name for s in recorder.last().spans]

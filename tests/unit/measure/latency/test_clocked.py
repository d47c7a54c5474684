import pytest

from harness.assistant import Answer, Done, Question, Token
from harness.measure.latency import timing
from harness.measure.latency.faults import FaultKind
from harness.measure.latency.timing import CLOCK, Timing, time_or_fault, time_request
from tests.clock import FakeClock, Paced, taking
from tests.fakes import Scripted, pipeline

Q = Question("How long?")


@pytest.fixture
def clock():
    return FakeClock()


def by(clock, *steps, **options):
    return time_or_fault(Paced(clock, *steps), Q, clock=clock, **options)


def test_all_times_count_from_the_call(clock):
    clock.go_on(5000)  # what was before is nobody's latency
    one = by(
        clock,
        (100, Token("")),
        (20, Token("It ")),
        (10, Token("")),
        (20, Token("lasts ")),
        (50, Token("long.")),
        (40, Done(Answer("It lasts long.", ("c1",)))),
    )
    assert one == Timing(120.0, 240.0, Answer("It lasts long.", ("c1",)), (30.0, 50.0))
    assert one.pieces == 3


def test_a_pointer_and_white_space_show_nothing_yet(clock):
    pieces = [(10, Token(text)) for text in ("[", "2", "]", " ", "It", " lasts.")]
    one = by(clock, *pieces, (10, Done(Answer("It lasts."))))
    assert (one.ttft_ms, one.gaps_ms, one.e2e_ms) == (50.0, (10.0,), 70.0)


def test_an_assistant_that_does_not_stream_has_one_piece_and_no_gaps(clock):
    one = time_or_fault(taking(clock, 300), Q, clock=clock)
    assert (one.ttft_ms, one.e2e_ms, one.pieces, one.gaps_ms) == (300.0, 300.0, 1, ())


def test_no_text_no_pieces():
    assert time_request(Scripted(Done(Answer(""))), Q).pieces == 0


@pytest.mark.parametrize("streaming", [True, False])
def test_a_pipeline_keeps_the_protocol(streaming):
    one = time_or_fault(pipeline(streaming=streaming), Q)
    assert one.answer.text == "Twenty-four months."
    assert one.pieces == (2 if streaming else 1)


def test_it_is_the_real_clock_unless_told_otherwise():
    assert CLOCK.now_ns() <= CLOCK.now_ns()
    assert CLOCK.wait(0) is False


class Broken:
    def __init__(self, stream):
        self.stream = stream


def raising(question):
    yield Token("It")
    raise RuntimeError("out of memory")


def raising_at_the_end(question):
    yield Token("It")
    yield Done(Answer("It"))
    raise RuntimeError("too late")


def refusing_to_close(question):
    try:
        while True:
            yield "no event"
    finally:
        raise RuntimeError("not now")


@pytest.mark.parametrize(
    ("stream", "kind"),
    [
        (raising, FaultKind.RAISED),
        (raising_at_the_end, FaultKind.RAISED),
        (lambda question: None, FaultKind.RAISED),
        (lambda: iter(()), FaultKind.RAISED),
        (lambda question: iter(()), FaultKind.SILENT),
        (refusing_to_close, FaultKind.NOT_AN_EVENT),
    ],
)
def test_whatever_an_assistant_does_becomes_a_fault(stream, kind):
    assert time_or_fault(Broken(stream), Q).kind is kind


def test_reading_goes_on_after_done_but_the_clock_does_not(clock):
    steps = (10, Token("It")), (10, Done(Answer("It")))
    assert by(clock, *steps, (99, Token("!"))).kind is FaultKind.AFTER_DONE
    assert by(clock, *steps).e2e_ms == 20.0


def test_the_deadline_is_looked_at_between_events(clock):
    late = by(clock, (10, Token("It")), (2000, Token("s")), (1, Token("!")), deadline_s=2)
    assert late.kind is FaultKind.TIMED_OUT and "after 2 s" in late.sentence
    assert clock.ns == 2010 * 1e6  # it read no further
    done = by(clock, (10, Token("It")), (2000, Done(Answer("It"))), deadline_s=2)
    assert done.kind is FaultKind.TIMED_OUT


def test_a_stream_is_closed_when_it_is_read_no_further():
    closed = []

    def endless(question):
        try:
            while True:
                yield Token("on and ")
        finally:
            closed.append(True)

    assert time_or_fault(Broken(endless), Q).kind is FaultKind.UNFINISHED
    assert closed == [True]
    assert f"{timing.MOST_EVENTS} events" in time_or_fault(Broken(endless), Q).sentence

import pytest

from harness.assistant import Answer, Done, Token
from harness.measure.latency.faults import FaultKind, fault_in, stands, visible

YES = Done(Answer("Yes."))


@pytest.mark.parametrize(
    ("kind", "events", "says"),
    [
        (FaultKind.SILENT, [], "no text"),
        (FaultKind.SILENT, [Token(""), YES], "no text"),
        (FaultKind.SILENT, [Token("[2] "), YES], "no text"),
        (FaultKind.UNFINISHED, [Token("Yes.")], "1 events and no Done"),
        (FaultKind.AFTER_DONE, [Token("Yes."), YES, Token(" No.")], "after Done"),
        (FaultKind.AFTER_DONE, [Token("Yes."), YES, YES], "after Done"),
        (FaultKind.NOT_AN_EVENT, ["Yes."], "It yielded 'Yes.'"),
        (FaultKind.NOT_AN_EVENT, [None], "It yielded None"),
        (FaultKind.NOT_AN_EVENT, [Token(7)], "text=7"),
        (FaultKind.NOT_AN_EVENT, [Token("Yes."), Done("Yes.")], "one Done"),
        (FaultKind.NOT_AN_EVENT, [Token("Yes."), Done(Answer(None))], "one Done"),
        (FaultKind.TEXTLESS, [Token("Yes."), Done(Answer(""))], "no text"),
        (FaultKind.TEXTLESS, [Token("[1] "), Done(Answer(" [1] "))], "no text"),
        (FaultKind.CHANGED, [Token("No."), YES], '"No." and ended with "Yes."'),
    ],
)
def test_each_fault_has_its_name_and_a_sentence(kind, events, says):
    fault = fault_in(events)
    assert fault.kind is kind
    assert says in fault.sentence


def test_what_was_raised_is_repeated_shortly():
    fault = fault_in([Token("Yes."), YES], error=ValueError("no such \n product " + "x " * 500))
    assert fault.kind is FaultKind.RAISED
    assert fault.sentence.startswith("It raised ValueError: no such product")
    assert len(fault.sentence) < 140


def test_too_late_is_a_fault_even_when_it_was_done():
    fault = fault_in([Token("Yes."), YES], late_s=2.5)
    assert fault.kind is FaultKind.TIMED_OUT
    assert "not done after 2.5 s" in fault.sentence


def test_a_stream_as_it_should_be_has_no_fault():
    assert fault_in([Token(""), Token("Ye"), Token("s."), YES]) is None
    assert fault_in([Token("Yes."), YES]) is None  # as a pipeline that does not stream ends


@pytest.mark.parametrize(
    ("final", "streamed"),
    [
        ("It lasts 24 months.", "It lasts 24 months."),
        ("It lasts 24 months.", " It  lasts\n24 months. "),
        ("It lasts 24 months.", "[2] It lasts 24 months."),
        ("[2] It lasts 24 months.", "It lasts 24 months."),
        (
            "It lasts 24 months.",
            "It lasts 24 months. Ask our support if you have",
        ),  # a tail, cut off
    ],
)
def test_the_answer_stands(final, streamed):
    assert stands(final, streamed)


@pytest.mark.parametrize(
    ("final", "streamed"),
    [
        ("It lasts 24 months.", "It lasts 12 months."),
        ("It lasts 24 months.", "Sure! It lasts 24 months."),  # a first token for show
        ("It lasts 24 months. Always.", "It lasts 24 months."),
        ("It lasts 2", "It lasts 24 months."),  # cut inside a word
        ("It lasts 24 months.", "It lasts [2] 24 months."),  # no mark at the very start
        ("It lasts 24 months.", "[2] [3] It lasts 24 months."),
    ],
)
def test_the_answer_changed(final, streamed):
    assert not stands(final, streamed)


@pytest.mark.parametrize("beginning", ["", " ", "[", "[1", "[12", "[2]", " [2] \n"])
def test_an_incomplete_citation_mark_shows_nothing(beginning):
    assert visible(beginning) == ""


@pytest.mark.parametrize("beginning", ["I", "[a", "[2] I", "[1234", "[]", "[ 2]"])
def test_all_other_text_is_shown(beginning):
    assert visible(beginning)

"""The kernel side of the widget: what it sends to the browser, and what it withholds before the end."""

import pytest

from harness.interview.dialogue.play import Play
from harness.interview.notebook.conversation_widget import Conversation, deck, turns
from tests.unit.interview.interviews import interviewer


class Seconds:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Seconds()


@pytest.fixture
def talk(clock):
    ended = []
    talk = Conversation(Play(interviewer(seed=1, minutes=10), clock), lambda: ended.append(1))
    talk.calls = ended
    return talk


def receive(talk, **message):
    talk._received(talk, message, [])


def everything(talk):
    return f"{talk.turns} {talk.cards} {talk.offer} {talk.clock} {talk.notice}"


def test_it_begins_with_the_question_and_a_running_clock(talk):
    assert [turn["who"] for turn in talk.turns] == ["interviewer"]
    assert talk.clock["running"] and talk.clock["left_s"] == 600 and talk.clock["whole_s"] == 600
    assert talk.clock["part"].startswith("Part 1")


def test_a_card_is_sent_when_it_is_opened_and_not_before(talk):
    session = talk.play.session
    assert not any("note" in card for card in talk.cards)
    assert session.cards["tokens"].note not in everything(talk)
    receive(talk, kind="open", card="tokens")
    assert talk.cards[0]["id"] == "tokens" and talk.cards[0]["note"] == session.cards["tokens"].note
    assert talk.turns[-1] == {"who": "card", "card": "tokens"}
    assert session.scenario.cause.name not in everything(talk)


def test_what_is_typed_stands_in_the_transcript_as_it_was(talk):
    receive(talk, kind="say", text="The <b>breakdown</b>?")
    assert {"who": "candidate", "text": "The <b>breakdown</b>?", "help": ""} in talk.turns
    assert talk.cards[0]["id"] == "breakdown"


def test_did_you_mean_is_offered_and_gone_after_the_next_turn(talk):
    receive(talk, kind="say", text="Which one?")
    assert len(talk.offer) == 2 and talk.play.state.opened == ("tokens",)
    receive(talk, kind="say", text="Option b, please.")
    assert talk.offer == [] and talk.play.state.opened == ("tokens", "gpu")


def test_each_answer_changes_the_clock(talk, clock):
    """The browser waits for that change: without it, it would take the kernel for dead."""
    for message in ({"kind": "hello"}, {"kind": "tick"}, {"kind": "say", "text": " "}):
        before = talk.clock
        receive(talk, **message)
        assert talk.clock != before


def test_time_runs_out_in_the_kernel(talk, clock):
    clock.now += 600
    receive(talk, kind="tick")
    assert talk.ended and not talk.clock["running"] and talk.clock["part"] == "Debrief"
    assert talk.play.session.scenario.cause.name in everything(talk)
    receive(talk, kind="say", text="One more thing!")
    assert "One more thing!" not in everything(talk)
    assert talk.calls


def test_an_unknown_message_is_nothing(talk):
    before = talk.turns
    receive(talk, kind="format the disk")
    assert talk.turns == before


def test_a_full_disk_is_said_and_the_interview_goes_on(talk, tmp_path):
    talk.play.file = tmp_path  # a folder cannot be written to
    receive(talk, kind="say", text="The goal?")
    assert "directory" in talk.notice
    talk.play.file = None
    receive(talk, kind="say", text="The goal?")
    assert talk.notice == ""


def test_the_page_is_a_function_of_the_state(talk):
    receive(talk, kind="say", text="The breakdown?")
    assert turns(talk.play.state) == talk.turns
    assert deck(talk.play.session, talk.play.state) == talk.cards

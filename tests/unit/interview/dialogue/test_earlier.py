"""An interrupted interview goes on where it was, or again from an earlier turn."""

import pytest

from harness.errors import WrongUseError
from harness.interview.dialogue.earlier import before_turn, earlier
from harness.interview.dialogue.moves import Hint, Next, Opened, Utterance
from harness.interview.dialogue.play import Play
from tests.unit.interview.interviews import interviewer


class Seconds:
    now = 100.0

    def __call__(self):
        self.now += 5
        return self.now


@pytest.fixture
def file(tmp_path):
    return tmp_path / "one.jsonl"


@pytest.fixture
def played(file):
    play = Play(interviewer(mode="coach", minutes=30), Seconds(), file)
    play.begin()
    play.say("The goal?")
    play.open("tokens")
    play.hint()
    play.say("The decode dominates.")
    play.next()
    play.say("I would use a smaller model.")
    return play


def test_the_inputs_of_a_transcript_lead_to_the_same_state(played, file):
    before = earlier(file)
    kinds = [type(given) for given in before.inputs]
    assert kinds == [Utterance, Opened, Hint, Utterance, Next, Utterance]
    again = Play(interviewer(mode="coach", minutes=30), Seconds())
    again.continued(before.inputs)
    assert [e.text for e in again.state.events] == [e.text for e in played.state.events]
    assert again.state.phase == played.state.phase and not before.ended
    assert again.seconds == pytest.approx(again.state.t, abs=10)


def test_one_can_try_again_from_a_turn(played, file):
    inputs = before_turn(earlier(file).inputs, 1)
    assert [type(given) for given in inputs] == [Utterance, Opened, Hint]
    assert before_turn(inputs, 99) == inputs


def test_an_edited_transcript_goes_on_with_what_is_in_it(played, file):
    lines = file.read_text().replace("I would use a smaller", "I would cache the").splitlines()
    file.write_text("\n".join(lines[:-2] + lines[-1:]))
    assert Utterance in map(type, earlier(file).inputs)


def test_an_ended_interview_is_one(played, file):
    played.leave()
    assert earlier(file).ended


def test_what_is_no_transcript_is_a_sentence(tmp_path):
    path = tmp_path / "odd.jsonl"
    path.write_text("what?")
    with pytest.raises(WrongUseError, match="Line 1"):
        earlier(path)

"""A running interview: its clock, and a transcript that is on disk after each move."""

import json

import pytest

from harness.interview.dialogue.moves import End, Show
from harness.interview.dialogue.play import Play
from harness.interview.scenario import transcript as transcripts
from tests.unit.interview.interviews import interviewer, words


class Seconds:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Seconds()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "interviews" / "one.jsonl"


def lines(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_the_transcript_is_complete_after_each_move(clock, file):
    play = Play(interviewer(seed=5), clock, file)
    play.begin()
    assert lines(file)[0] == {
        "scenario": "S01",
        "level": "senior",
        "mode": "exam",
        "minutes": 20,
        "seed": 5,
        "style": "friendly",
    }
    clock.now += 12.34
    play.say("The breakdown?")
    assert lines(file)[2] == {"t": 12.3, "who": "candidate", "text": "The breakdown?"}
    assert lines(file)[-1] == {"t": 12.3, "who": "candidate", "open_card": "breakdown"}
    play.open("tokens")
    assert lines(file)[-1]["open_card"] == "tokens"


def test_the_transcript_can_be_read_back_as_it_was(clock, file):
    play = Play(interviewer(mode="coach"), clock, file)
    play.begin()
    for text in ("The goal?", "I would use a <b>smaller</b> model. 💡", "hint"):
        clock.now += 10
        play.say(text)
    read = transcripts.load(file)
    assert read.notices == ()
    assert [e.model_dump(exclude={"line"}) for e in read.events] == [
        e.model_dump(exclude={"line"}) for e in play.state.events
    ]
    scored = play.interviewer.transcript(play.state)
    assert [e.line for e in scored.events] == [e.line for e in read.events]


def test_without_a_file_nothing_is_written(clock, tmp_path):
    play = Play(interviewer(), clock)
    play.begin()
    assert words(play.say("The cause?")) and list(tmp_path.iterdir()) == []


def test_a_coach_may_stop_the_clock(clock):
    play = Play(interviewer(mode="coach", minutes=10), clock)
    play.begin()
    clock.now += 60
    assert play.pause()
    clock.now += 3600
    assert play.seconds == 60 and play.left == 540
    play.resume()
    clock.now += 1
    assert play.seconds == 61 and not play.state.ended


def test_an_exam_goes_on(clock):
    play = Play(interviewer(minutes=10), clock)
    play.begin()
    assert not play.pause()
    clock.now += 600
    assert play.left == 0
    assert play.tick()[-1] == End("time")


def test_cards_hints_and_the_next_part(clock):
    play = Play(interviewer(mode="coach"), clock)
    play.begin()
    assert Show("goal") in play.open("goal")
    assert words(play.hint()) == play.session.scenario.hints[0]
    play.next()
    assert play.state.phase == "propose"

"""A follow-up in a model's words is the same question, or the authored one."""

import json
from dataclasses import replace

import pytest

from harness.interview.dialogue.moves import Say
from harness.interview.llm.rewording import Rewording
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario
from harness.interview.scoring.rubric import rubric
from tests.unit.interview.interviews import interviewer, played
from tests.unit.interview.llm.chat_server import replying

ASKS = "What does each of these changes cost you?"
SAID = "I would take a smaller model, which brings 40 %."


@pytest.fixture
def voice(endpoint):
    return Rewording(endpoint, Session(scenario("S01"), 1), rubric())


def reply(text, move="probe", target="TRD-COST"):
    return replying(json.dumps({"move": move, "target": target, "text": text}))


def test_a_question_that_fits_is_asked(server, voice):
    server.reply = reply("You gain 40 % with that model; what do you give up for it?")
    assert (
        voice("TRD-COST", ASKS, SAID)
        == "You gain 40 % with that model; what do you give up for it?"
    )
    assert voice.reworded == 1 and "1 follow-ups" in voice.banner


@pytest.mark.parametrize(
    ("text", "move", "target"),
    [
        ("What is the price of that?", "reveal", "TRD-COST"),
        ("What is the price of that?", "probe", "STK-CACHE"),
        ("It costs accuracy.", "probe", "TRD-COST"),
        ("Is it not decode-bound, with 70B weights read for each token?", "probe", "TRD-COST"),
        ("Would HNSW, with a little less recall, be 300 ms faster?", "probe", "TRD-COST"),
        (
            "Would you cache frequent answers with a TTL so that they do not go stale?",
            "probe",
            "TRD-COST",
        ),
        ("And what about the 2500 ms?", "probe", "TRD-COST"),
        ("<b>What</b> is the price of that?", "probe", "TRD-COST"),
        ("See http://example.com, what is the price of that?", "probe", "TRD-COST"),
        ("What is the price " + "of that and " * 40 + "of this?", "probe", "TRD-COST"),
        ("", "probe", "TRD-COST"),
    ],
)
def test_a_rewording_that_reveals_or_wanders_is_discarded(server, voice, text, move, target):
    server.reply = reply(text, move, target)
    assert voice("TRD-COST", ASKS, SAID) == ASKS
    assert (voice.reworded, voice.discarded) == (0, 1)


def test_after_an_error_the_model_is_not_asked_again(server, voice):
    server.reply = lambda handler, body: handler.server.over.wait(60)
    assert [voice("TRD-COST", ASKS, SAID) for _ in range(3)] == [ASKS] * 3
    assert len(server.requests) == 1 and "within 1 s" in voice.banner


def test_only_a_follow_up_is_reworded_and_keeps_its_target(server, voice):
    server.reply = lambda handler, body: reply(
        "Hm, and then, if I may ask?",
        target=body["messages"][0]["content"].split('"target": "')[1].split('"')[0],
    )(handler, body)
    authored, reworded = interviewer("S01"), replace(interviewer("S01"), reword=voice)
    turns = ["It is odd, since it is slow.", "And it is slow because it is odd."]
    plain = [m for moves in played(authored, *turns)[1] for m in moves if isinstance(m, Say)]
    voiced = [m for moves in played(reworded, *turns)[1] for m in moves if isinstance(m, Say)]
    assert [(m.move, m.target) for m in plain] == [(m.move, m.target) for m in voiced]
    assert any(m.move == "probe" for m in voiced)
    for old, new in zip(plain, voiced, strict=True):
        assert new.text == ("Hm, and then, if I may ask?" if old.move == "probe" else old.text)

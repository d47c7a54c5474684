"""The listener: what is heard in a turn, with the real model and without."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.interview.content_files import BadContentError
from harness.interview.listening.acts import LEAST, Part, likely, together
from harness.interview.listening.examples import ACTS, labelled_sentences
from harness.interview.listening.follow_ups import followed_up
from harness.interview.listening.numbers import numbers
from harness.interview.listening.remedies import remedies
from harness.interview.listening.similarity import Examples, regression
from harness.interview.listening.suspects import judged, suspects
from harness.interview.listening.turns import items, parts
from harness.interview.reading import Act
from harness.interview.scenario.scenario import scenario, scenarios
from tests.unit.interview.listening.test_card_router import words


def test_a_turn_falls_into_sentences_and_clauses():
    assert parts("It waits 900 ms, so I'd add a server. Then?") == (
        "It waits 900 ms",
        "so I'd add a server.",
        "Then?",
    )
    assert parts(" …?! ") == ()
    assert len(parts("why? " * 3000)) <= 24


def test_an_enumeration_has_members_and_a_plain_question_has_none():
    assert items("Tokens, hit rate and p95, please?") == ("Tokens", "hit rate", "p95", "please")
    assert items("How long does it wait?") == ()


def test_a_long_dictated_sentence_falls_apart_at_its_conjunctions():
    pieces = (
        "so um it is the queue in front of the model",
        "and then I would like to see it by hour",
        "because the night is fine or was",
    )
    assert parts(" ".join(pieces)) == pieces


@pytest.mark.parametrize(
    ("question", "before", "name", "card"),
    [
        ("What is in there?", "Preprocessing is 2.4 s.", "S11", "preprocess"),
        ("And inside that?", "Finding passages is the largest part.", "S15", "index"),
        ("What is in there?", "Everything before the search takes 2.3 s.", "S14", "preprocess"),
        ("What is in there?", "The network and the queue are small.", "S01", None),
        ("What is in there?", "Go on.", "S01", None),
        ("How long is the prompt?", "Preprocessing is 2.4 s.", "S11", None),
    ],
)
def test_a_bare_follow_up_asks_for_the_stage_that_was_named(question, before, name, card):
    assert followed_up(question, before, scenario(name)) == card


def part(text="It is so.", **scores):
    scored = dict.fromkeys((*LEAST, "none"), -0.9) | {Act(k): v for k, v in scores.items()}
    return Part(text, np.zeros(1), tuple(likely(scored)), scored)


@pytest.mark.parametrize(
    ("heard", "implied", "acts"),
    [
        ([part(claim=0.5), part(challenge=-0.05)], (), (Act.CLAIM,)),
        ([part(challenge=-0.05)], (), (Act.CHALLENGE,)),
        ([part(decide=0.5)], (Act.PROPOSE,), (Act.PROPOSE, Act.DECIDE)),
        ([part(offtopic=0.8), part("Any trace?", ask=0.6)], (), (Act.ASK,)),
        ([part(dontknow=0.8), part("Any trace?", ask=0.6)], (), (Act.ASK, Act.DONT_KNOW)),
        ([part()], (), (Act.OFF_TOPIC,)),
    ],
)
def test_a_turn_does_what_is_firm_in_its_parts(heard, implied, acts):
    assert together(heard, implied) == acts


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("2 of 3.2 s", 3200, "ms"),
        ("1,400 ms", 1400, "ms"),
        ("83 percent", 83, "%"),
        ("half a second", 500, "ms"),
        ("12k tokens", 12_000, ""),
    ],
)
def test_numbers_are_read_with_their_unit(text, value, unit):
    assert (value, unit) in [(n.value, n.unit) for n in numbers(text)]


def test_words_of_letters_and_digits_are_no_numbers():
    assert numbers("p95 of S07 and int8") == ()


def test_a_regression_learns_its_examples_and_keeps_them(tmp_path):
    texts = ("how long is the queue", "how long is the wait", "a bigger cache", "cache it please")
    targets = np.array([[1, -1], [1, -1], [-1, 1], [-1, 1]], float)
    examples = Examples(texts, targets, np.zeros((4, 1)))
    path = tmp_path / "weights.npz"
    fresh = regression(lambda: examples, words, path)
    again = regression(lambda: pytest.fail("fitted twice"), words, path)
    for text in ("how long does it wait", "cache the answers", "zzz"):
        scores = fresh.scores(text, words([text])[0], np.zeros(1))
        assert (scores == again.scores(text, words([text])[0], np.zeros(1))).all()
    assert fresh.scores("cache it", words(["cache it"])[0], np.zeros(1)).argmax() == 1


def test_all_voices_use_known_acts_and_an_unknown_one_is_named(tmp_path):
    assert {label for _, labels, _ in labelled_sentences() for label in labels} == set(ACTS)
    (tmp_path / "odd.yaml").write_text("sing:\n- La la la.")
    with pytest.raises(BadContentError, match=r"odd\.yaml.*sing"):
        list(labelled_sentences(tmp_path))


@pytest.mark.parametrize("name", scenarios())
def test_every_remedy_of_a_scenario_can_be_heard(name):
    assert set(scenario(name).remedies) <= set(remedies())


@pytest.mark.parametrize("name", scenarios())
def test_every_cause_is_a_suspect(name):
    right = [suspect for suspect in suspects() if judged(suspect, scenario(name)) == "right"]
    assert right, "name the scenario in right_in of one suspect"


@pytest.mark.models
@pytest.mark.parametrize(
    "turn",
    json.loads((Path(__file__).parents[1] / "data" / "heard.json").read_text()),
    ids=lambda turn: turn["text"][:40],
)
def test_a_turn_is_heard(turn):
    from harness.interview.listening.listener import heard

    found = heard(turn["text"], turn.get("before", ""), turn["scenario"]).to_json()
    assert {key: found[key] for key in turn["heard"]} == turn["heard"]


@pytest.mark.models
@pytest.mark.parametrize(
    "text", ["", "x" * 10_000, "¿Cuánto tarda cada etapa?", "💡" * 50, "**bold** <b>", "\x00\x1b"]
)
def test_any_text_is_heard_without_an_error(text):
    from harness.interview.listening.listener import heard

    assert heard(text, "", "S01").to_json()["acts"] == [] or len(text) > 3

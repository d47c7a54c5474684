"""The listener: what is heard in a turn, with the real model and without."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.interview.content_files import BadContentError
from harness.interview.listening.acts import LEAST, Part, in_form, likely, together
from harness.interview.listening.examples import ACTS, heard_turns, labelled_sentences
from harness.interview.listening.follow_ups import followed_up, taken_up
from harness.interview.listening.numbers import numbers
from harness.interview.listening.remedies import _clause, _denial, remedies, takes_back
from harness.interview.listening.similarity import Examples, Said, regression
from harness.interview.listening.suspects import judged, suspects
from harness.interview.listening.turns import items, parts
from harness.interview.reading import REFUSED, Act
from harness.interview.scenario.cards import card_ids
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
        ("What is it doing there?", "There are 2.4 s before the search.", "S11", "preprocess"),
    ],
)
def test_a_bare_follow_up_asks_for_the_stage_that_was_named(question, before, name, card):
    assert followed_up(question, before, scenario(name)) == card


@pytest.mark.parametrize(
    ("answer", "before", "taken"),
    [
        ("The former.", "I can show you the tokens or the cost.", ("the tokens",)),
        ("The second, please.", "I can show you the tokens or the cost.", ("the cost",)),
        (
            "Both, please.",
            "Would you like to see the index or the cost?",
            ("the index", "the cost"),
        ),
        ("Yes please.", "Shall I give you the traces?", ("the traces",)),
        ("Yes.", "Would you like to see the index or the cost?", ()),
        ("Yes.", "Is it the cost?", ()),
        ("Both are slow.", "Would you like to see the index or the cost?", ()),
    ],
)
def test_a_bare_answer_takes_what_was_offered(answer, before, taken):
    assert taken_up(answer, before) == taken


@pytest.mark.parametrize(
    ("text", "ask", "propose"),
    [
        ("Is the whole answer needed at once, or are early words enough?", 0.2, -1.0),
        ("Should we cut the answers or cache them?", -0.5, 0.5),
        ("The prompt grew, hence the shift.", -1.0, 0.5),
        ("The prompt grew, hence: what do the tokens say?", -0.5, 0.5),
    ],
)
def test_the_form_of_a_sentence_says_whether_it_asks(text, ask, propose):
    scores = dict.fromkeys((*LEAST, "none"), -0.5) | {Act.PROPOSE: 0.5}
    found = in_form(text, scores)
    assert (found[Act.ASK], found[Act.PROPOSE]) == (ask, propose)


def part(text="It is so.", **scores):
    scored = dict.fromkeys((*LEAST, "none"), -0.9) | {Act(k): v for k, v in scores.items()}
    return Part(Said(text, np.zeros(1), np.zeros(1)), tuple(likely(scored)), scored)


@pytest.mark.parametrize(
    ("heard", "implied", "acts"),
    [
        ([part(claim=0.5), part(challenge=-0.7)], (), (Act.CLAIM,)),
        ([part(challenge=-0.05)], (), (Act.CHALLENGE,)),
        ([part(decide=0.5)], (Act.PROPOSE,), (Act.PROPOSE, Act.DECIDE)),
        ([part(offtopic=0.8), part("Any trace?", ask=0.6)], (), (Act.ASK,)),
        ([part(dontknow=0.8), part("Any trace?", ask=0.6)], (), (Act.ASK, Act.DONT_KNOW)),
        ([part()], (), (Act.OFF_TOPIC,)),
    ],
)
def test_a_turn_does_what_its_parts_do_clearly(heard, implied, acts):
    best = {act: max(one.scores[act] for one in heard) for act in LEAST}
    assert (
        together(part(**{str(act): score for act, score in best.items()}), heard, implied) == acts
    )


def test_a_turn_as_a_whole_has_a_say_in_what_its_parts_do():
    heard = [part(claim=0.3), part(decide=-0.2)]
    assert together(part(claim=0.2, decide=0.5), heard, ()) == (Act.CLAIM, Act.DECIDE)
    assert together(part(claim=0.2, decide=-0.9), heard, ()) == (Act.CLAIM,)


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


@pytest.mark.parametrize(
    ("sentence", "denied"),
    [
        ("A replay with and without retries", False),
        ("We go without retries", True),
        ("No loss, and the cache stays", False),
        ("Retries are the wrong lever", True),
        ("Could we not switch it off with retries", False),
        ("Retries would hurt here", True),
        ("Retries do harm in this case", True),
        ("Retries hurt", True),
        ("Retries hurt quality a little", False),
        ("Retries can't hurt here", False),
    ],
)
def test_a_comparison_is_no_refusal(sentence, denied):
    span = (sentence.find("retries"), len(sentence)) if "retries" in sentence else None
    assert (_denial(_clause(sentence, span)) > 0) == denied


@pytest.mark.parametrize(
    ("sentence", "back"),
    [
        ("No, drop that", True),
        ("No need to add that", True),
        ("No need to wait for it", False),
        ("No need to touch that", False),
    ],
)
def test_a_refusal_takes_back_what_was_named_before(sentence, back):
    refusing = replace(part(sentence), acts=(Act.PROPOSE,))
    assert takes_back(refusing) == back


def test_words_of_letters_and_digits_are_no_numbers():
    assert numbers("p95 of S07 and int8") == ()


TEXTS = ("how long is the queue", "how long is the wait", "a bigger cache", "cache it please")
TARGETS = np.array([[1, -1], [1, -1], [-1, 1], [-1, 1]], float)


def learned(befores=("",) * 4, cases=("",) * 4):
    return Examples(TEXTS, TARGETS, np.zeros((4, 1)), befores, cases)


def said(text, before="", case=""):
    return Said(text, words([text])[0], np.zeros(1), words([before])[0] if before else None, case)


def test_a_regression_learns_its_examples_and_keeps_them(tmp_path):
    path = tmp_path / "weights.npz"
    fresh = regression(learned, words, path)
    again = regression(lambda: pytest.fail("fitted twice"), words, path)
    for text in ("how long does it wait", "cache the answers", "zzz"):
        assert (fresh.scores(said(text)) == again.scores(said(text))).all()
    assert fresh.scores(said("cache it")).argmax() == 1


def test_what_was_said_before_and_the_case_make_a_label_likelier():
    asked = ("what do you want to know", "", "what would you change", "")
    fitted = regression(lambda: learned(asked, ("S01", "", "S07", "")), words)
    open_ = fitted.scores(said("the cache queue"))
    for likelier, situation in ((0, asked[0]), (1, asked[2])):
        answered = fitted.scores(said("the cache queue", situation))
        assert answered[likelier] - answered[1 - likelier] > open_[likelier] - open_[1 - likelier]
    here = fitted.scores(said("a bigger queue", case="S07"))
    assert here[1] > fitted.scores(said("a bigger queue", case="S01"))[1]


def test_all_voices_use_known_acts_and_an_unknown_one_is_named(tmp_path):
    assert {label for _, labels, _ in labelled_sentences() for label in labels} == set(ACTS)
    (tmp_path / "odd.yaml").write_text("sing:\n- La la la.")
    with pytest.raises(BadContentError, match=r"odd\.yaml.*sing"):
        list(labelled_sentences(tmp_path))


@pytest.mark.parametrize("turn", heard_turns(), ids=lambda turn: turn.says[:40])
def test_a_whole_turn_names_what_there_is(turn):
    assert turn.case in scenarios() and turn.acts and set(turn.acts) <= set(ACTS)
    assert set(turn.cards) <= set(card_ids()) and bool(turn.cards) <= (Act.ASK in turn.acts)
    assert {remedy.removeprefix(REFUSED) for remedy in turn.remedies} <= set(remedies())
    assert bool(turn.remedies) <= (Act.PROPOSE in turn.acts)
    assert turn.blames is None or (turn.blames in suspects() and Act.CLAIM in turn.acts)


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

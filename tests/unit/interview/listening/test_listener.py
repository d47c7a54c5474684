"""The listener: what is heard in a turn, with the real model and without."""

import json
from pathlib import Path

import pytest

from harness.interview.content_files import BadContentError
from harness.interview.listening.acts import acts
from harness.interview.listening.examples import ACTS, heard_turns, labelled_sentences
from harness.interview.listening.follow_ups import followed_up, taken_up
from harness.interview.listening.numbers import numbers
from harness.interview.listening.remedies import remedies
from harness.interview.listening.said import said
from harness.interview.listening.suspects import ACQUITS, judged, suspects
from harness.interview.listening.turns import items, parts
from harness.interview.reading import REFUSED, Act
from harness.interview.scenario.cards import card_ids
from harness.interview.scenario.scenario import scenario, scenarios


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
        ("It is before the search, 2.4 s. What happens there?", "Go on.", "S11", "preprocess"),
        (
            "The rest is equal. What runs in that stage?",
            "It is in the translation.",
            "S18",
            "preprocess",
        ),
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


def odds(**given):
    return dict.fromkeys((*Act, "none"), -4.0) | {Act(act): value for act, value in given.items()}


@pytest.mark.parametrize(
    ("given", "implied", "found"),
    [
        (odds(claim=3.0), (), (Act.CLAIM,)),
        (odds(challenge=0.5), (), (Act.CHALLENGE,)),  # the likeliest, if it is likely at all
        (odds(decide=3.0), (Act.PROPOSE,), (Act.PROPOSE, Act.DECIDE)),
        (odds(offtopic=3.0, ask=3.0), (), (Act.ASK,)),
        (odds(dontknow=3.0, ask=3.0), (), (Act.ASK, Act.DONT_KNOW)),
        (odds(), (), (Act.OFF_TOPIC,)),
    ],
)
def test_a_turn_does_what_is_likely(given, implied, found):
    assert acts(given, implied) == found


def test_a_long_turn_has_the_odds_of_its_likeliest_passage():
    def read(text, before):
        return {"acts": {"ask": 2.0 if "trace" in text else -3.0}}

    assert said(read, "well " * 200 + "a trace please").odds["acts"]["ask"] == 2.0
    assert said(read, "well " * 200).odds["acts"]["ask"] == -3.0


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


def test_a_second_thing_is_no_time():
    assert numbers("A second box? And half of a second population.") == ()
    assert [n.value for n in numbers("It takes a second. Half a second is too long.")] == [
        1000,
        500,
    ]


def test_all_voices_use_known_acts_and_an_unknown_one_is_named(tmp_path):
    assert {label for _, labels, _ in labelled_sentences() for label in labels} == set(ACTS)
    (tmp_path / "odd.yaml").write_text("sing:\n- La la la.")
    with pytest.raises(BadContentError, match=r"odd\.yaml.*sing"):
        list(labelled_sentences(tmp_path))


OFFERING = {Act.PROPOSE, Act.DECIDE, Act.STAKEHOLDER}  # a remedy may be put to product, too


def is_sound(turn):
    """Return True if a labelled turn names acts, cards, remedies and suspects that there are."""
    named = {remedy.removeprefix(REFUSED) for remedy in turn.remedies}
    return (
        turn.case in scenarios()
        and bool(turn.acts)
        and set(turn.acts) <= set(ACTS)
        and set(turn.cards) <= set(card_ids())
        and bool(turn.cards) <= (Act.ASK in turn.acts)
        and named <= set(remedies())
        and bool(named) <= bool(OFFERING & set(turn.acts))
        and (turn.blames is None or (turn.blames in suspects() and Act.CLAIM in turn.acts))
    )


def test_every_labelled_turn_names_what_there_is():
    assert [turn.says for turn in heard_turns() if not is_sound(turn)] == []


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


@pytest.mark.parametrize(
    "text",
    [
        "The second model is just noise next to that, that's nothing.",
        "Memory full is good, I wouldn't read anything into that.",
        "The phone says 2.9 seconds, but phones are always weird. That is weird.",
        "Nobody in a pharmacy should touch a safety check.",
        "The shared job? I wouldn't worry.",
    ],
)
def test_what_is_dismissed_is_not_blamed(text):
    assert ACQUITS.search(text)


@pytest.mark.parametrize(
    "text", ["It is the guard, 79 tokens.", "The model is slow, nothing else."]
)
def test_what_is_blamed_is_not_dismissed(text):
    assert not ACQUITS.search(text)


@pytest.mark.models
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It is retrieval, not the model.", "retrieval"),
        ("Retrieval is the bottleneck, the network is only 40 ms.", "retrieval"),
        ("The retrieval is fine, it is not the cause.", None),
        ("So the retrieval, that is not the problem.", None),
    ],
)
def test_a_clause_acquits_what_it_names_and_nothing_else(text, found):
    from harness.interview.listening.listener import heard

    suspect = heard(text, "What do you see?", "S02").suspect
    assert (suspect and suspect.id) == found

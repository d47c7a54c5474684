"""The product manager takes up what was said, to them or to the interviewer."""

from dataclasses import replace

import pytest

from harness.interview.dialogue.addressees import FOR_TEAM, TO_PRODUCT, TO_TEAM
from harness.interview.dialogue.moves import Next, Phase, Utterance
from harness.interview.dialogue.probes import follow_ups
from harness.interview.dialogue.visitors import AGREES, answers_pushback, product_joins
from harness.interview.dialogue.wording import reactions
from harness.interview.listening.remedies import names_in
from harness.interview.reading import Act, Reading, Remedy, Role
from harness.interview.scenario.transcript import Event
from tests.unit.interview.interviews import by_words, interviewer, words

SHOWN = dict.fromkeys(follow_ups(), "applied")


def to_product(turn, before=""):
    """Return the reading of a turn, which is meant for product if it begins with "Product"."""
    read = by_words(turn, before)
    return replace(read, acts=(Act.STAKEHOLDER,)) if turn.startswith("Product") else read


def joined(*texts):
    """Return the interviewer and the state in which the product manager has joined, with their words."""
    one = replace(interviewer(level="mid", levels=SHOWN), read=to_product)
    state, moves = one.begin()
    state, moves = one.step(state, Next(1))
    for t, text in enumerate(texts, 2):
        state, moves = one.step(state, Utterance(t, text))
    state, moves = one.step(state, Next(20))
    assert state.phase == Phase.STAKEHOLDER
    return one, state, words(moves)


def test_who_wrote_to_the_product_manager_before_is_asked_for_what_was_missing():
    message = "Product, 500 is impossible, but by Friday you get 1 s. Which do you prefer?"
    _one, state, said = joined(message, "I would use a cache.")
    assert "have told them what you said" in said and "cost me" in said
    assert state.insisted == ("price",)


def test_who_said_all_of_it_hears_the_objection():
    one, state, said = joined(
        "Product, 500 is impossible, but by Friday you get 1 s for no money. Which do you prefer?",
        "I would use a cache.",
    )
    assert one.session.filled(one.session.scenario.product.pushback) in said
    assert state.insisted == ()


def test_what_is_said_to_the_interviewer_is_taken_up_by_the_product_manager():
    one, state, _said = joined()
    state, _ = one.step(state, Utterance(30, "Product, we shall see."))
    _state, moves = one.step(state, Utterance(40, "I would test the smaller model first."))
    assert "hears “I would test the smaller model first” and says" in words(moves)


def test_a_reading_without_words_is_not_quoted():
    one = replace(interviewer(level="mid", levels=SHOWN), read=lambda *_: Reading((Act.CLAIM,)))
    state, _ = one.begin()
    for t in (1, 2):
        state, _ = one.step(state, Next(t))
    state, _ = one.step(state, Utterance(3, "We shall see."))
    _state, moves = one.step(state, Utterance(4, "We shall see."))
    assert "hears" not in words(moves)


def test_what_the_product_manager_was_told_before_is_not_asked_for_later():
    message = "Product, 500 is impossible, but by Friday you get 1 s. Which do you prefer?"
    one, state, _said = joined(message, "I would use a cache.")
    _state, moves = one.step(state, Utterance(30, "Product, it costs $20."))
    assert "board 500" not in words(moves) and "by when" not in words(moves).lower()


def test_the_product_manager_chooses_when_asked_which_is_wanted():
    one, state, _said = joined()
    state, _ = one.step(state, Utterance(30, "Product, it will be about a second."))
    state, moves = one.step(
        state, Utterance(40, "Product, do you want the first word early or the whole answer?")
    )
    assert "The first words" in words(moves) and state.insisted == ("when",)


def test_the_product_manager_answers_each_choice_and_each_deal_in_other_words():
    goal, deal = "Product, first words, or the whole answer?", "Product, by Friday, deal?"
    _one, _state, (_, chosen, *said) = with_plan("Product, hello.", goal, deal, deal)
    deals = [f'"{wording}' for wording in reactions().chooses["deal"]]
    assert "The first words" in chosen
    assert len({wording for wording in deals for text in said if wording in text}) == 2


@pytest.mark.parametrize(
    "text",
    [
        "Could I talk to the product manager now?",
        "If that is settled I would like to speak with the product manager about the goal.",
        "Let me talk to product first.",
    ],
)
def test_who_wishes_to_speak_to_product_is_let_to(text):
    _one, state, (said,) = with_plan(text)
    assert state.phase == Phase.STAKEHOLDER and "three sentences" in said


def test_engineers_who_have_heard_the_fix_ask_back_at_once():
    one = replace(interviewer(levels=SHOWN), read=by_words)
    state, _ = one.begin()
    state, _ = one.step(state, Next(1))
    state, moves = one.step(state, Utterance(2, "To the engineers: I would use a smaller model."))
    assert state.phase == Phase.TEAM and "Explain the fix" not in words(moves)
    state, moves = one.step(state, Next(3))
    assert state.phase == Phase.STAKEHOLDER, "product is still to be spoken to"


def test_who_turns_to_the_engineers_is_not_answered_by_product():
    one, state, _said = joined()
    state, moves = one.step(state, Utterance(30, "And for the lads: batch the calls."))
    assert "product manager" not in words(moves) and state.phase != Phase.STAKEHOLDER


@pytest.mark.parametrize(
    "text",
    [
        "To the engineers I say: a flag.",
        "so, engineers: batch",
        "for devs: 1 streaming",
        "For the engineers, who want to go home: a flag.",
        "And the devs, I'd tell them: a flag.",
    ],
)
def test_a_turn_for_the_engineers(text):
    assert FOR_TEAM.search(text) and not FOR_TEAM.search(f"Product, tell {text}")


def test_a_remark_may_come_before_a_turn_for_the_engineers():
    assert FOR_TEAM.search("How long is it still? I am hungry. For engineers: move the job.")
    assert not FOR_TEAM.search(
        "Product, it is the job of another team at night. Engineers: move it."
    )


@pytest.mark.parametrize(
    "text",
    [
        "For the engineers it is two days of work, so you see it on Friday.",
        "The team, as far as I know, has no budget.",
        "For the team that runs the guard, what is the p95?",
        "To the team's credit, the cache works.",
        "For the team, it is two weeks of work.",
    ],
)
def test_a_turn_about_the_engineers_is_not_for_them(text):
    assert not FOR_TEAM.search(text) and not TO_TEAM.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "To the product manager I'd say: it is the model.",
        "@product: the search is fine",
        "Dear PM, you were right.",
        "For product: 500 is not possible.",
        "(to product) it is an average",
        "So, product. I hear you.",
        "I'd tell the product manager: one sprint.",
        "hi, so for product: you're right that it is idle",
        "Okay, speaking to the product manager: it is cold.",
        "Now the product fella. Listen to me.",
        "So to you, from product: it is the sorting.",
        "To you in product: it is the sorting.",
        "To my colleague from product: it is the sorting.",
        "To the product manager, who is surely charming: it is the queue.",
    ],
)
def test_a_message_to_product(text):
    assert TO_PRODUCT.search(text)


@pytest.mark.parametrize(
    "text",
    [
        "The product manager says it's the search.",
        "To product images we add nothing.",
        "I would tell the product manager that later.",
        "The goal is for the product to say.",
        "For the product, it means a longer wait.",
        "I talk to product about the goal first.",
    ],
)
def test_words_about_product_are_no_message(text):
    assert not TO_PRODUCT.search(text)


def with_plan(*texts):
    """Return the interviewer after a plan, and what it says to each of these turns."""
    one = replace(interviewer(levels=SHOWN), read=to_product)
    state, _ = one.begin()
    state, _ = one.step(state, Next(1))
    state, _ = one.step(state, Utterance(2, "I would use a smaller model."))
    said = []
    for t, text in enumerate(texts, 3):
        state, moves = one.step(state, Utterance(t, text))
        said.append(words(moves))
    return one, state, said


def test_who_turns_to_product_with_a_plan_is_answered_by_product():
    one, state, (said,) = with_plan("Product, you get one second by Friday.")
    assert one.session.filled(one.session.scenario.product.pushback) in said
    assert state.phase == Phase.STAKEHOLDER


@pytest.mark.parametrize(
    ("turns", "meets"), [(2, Phase.CLARIFY), (8, Phase.STAKEHOLDER)], ids=["early", "late"]
)
def test_late_in_an_interview_product_joins_without_a_plan_that_has_a_name(turns, meets):
    one = replace(interviewer(levels=SHOWN), read=to_product)
    state, _ = one.begin()
    for t in range(1, turns):
        state, _ = one.step(state, Utterance(t, "Hm, it is a long day."))
    state, _ = one.step(replace(state, phase=Phase.CLARIFY), Utterance(20, "Product: by Friday."))
    assert state.phase == meets


def test_late_in_an_interview_the_engineers_join_without_a_plan_that_has_a_name():
    one = interviewer(levels=SHOWN)
    state, _ = one.begin()
    for t in range(1, 8):
        state, _ = one.step(state, Utterance(t, "Hm, it is a long day."))
    state, _ = one.step(replace(state, phase=Phase.CLARIFY), Utterance(20, "Engineers: a flag."))
    assert state.phase == Phase.TEAM


def test_product_does_not_object_to_who_explains_the_cause():
    one, state, (said,) = with_plan("Dear product, decode dominates; one second by Friday.")
    assert one.session.filled(one.session.scenario.product.pushback) not in said
    assert state.phase == Phase.STAKEHOLDER


def test_product_takes_up_what_it_was_promised():
    parts = (
        (Role.MESSAGE, "I know you suspected it from the start"),
        (Role.PLAN, "We move the nightly job to noon"),
    )
    read = Reading((Act.STAKEHOLDER,), roles=parts)
    one = replace(interviewer(level="mid", levels=SHOWN), read=lambda *_: read)
    state = replace(one.begin()[0], heard=(read,))
    _, moves = product_joins((state, []), one.session, "We move the nightly job to noon.", now=True)
    assert "heard “We move the nightly job to noon”" in words(moves)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("You and I actually agree, it is the model.", "see it the same way"),
        ("You were right all along, it is the model.", "see it the same way"),
        ("One second by Friday. Can we agree on the first word?", "agree to that"),
        ("One second by Friday. Would that be fine?", "I can agree to that"),
        ("I need one decision from you: the first word by Friday.", "I can agree to that"),
        ("Madam, I agree with you entirely. It is the model.", "see it the same way"),
        ("Your observation is correct, the GPU is idle.", "see it the same way"),
    ],
)
def test_product_agrees_with_who_shares_its_belief_or_offers_a_deal(message, answer):
    one = interviewer(level="mid", levels=SHOWN)
    state = replace(one.begin()[0], heard=(Reading((Act.STAKEHOLDER,)),))
    state = replace(state, events=(Event(t=1, who="candidate", text=message),))
    _, moves = product_joins((state, []), one.session, message, now=True)
    assert answer in words(moves)


@pytest.mark.parametrize(
    "text",
    [
        "We are not on the same page: the model is innocent.",
        "I don't think we agree on the cause.",
        "You got it backwards, the model is fast.",
        "Can we agree on the first word?",
    ],
)
def test_a_denial_or_a_question_is_no_agreement(text):
    assert not AGREES.search(text)


def test_after_product_comes_the_complication_and_then_the_engineers():
    one, state, _said = with_plan("Product, you get one second by Friday.")
    state, moves = one.step(state, Next(10))
    assert state.twisted and state.phase == Phase.PROPOSE and "One change" in words(moves)
    state, _ = one.step(state, Next(11))
    assert state.phase == Phase.TEAM


def test_engineers_ask_for_what_nobody_has_spoken_of():
    _one, state, said = with_plan(
        "Product, you get one second by Friday.",
        "To the engineers: test it on old questions; a flag rolls it back.",
    )
    assert "Which number do we watch" in said[1]
    assert state.phase == Phase.TEAM


def test_an_objection_that_was_answered_before_is_not_made():
    one = interviewer(level="mid", levels=SHOWN)
    pushback = one.session.filled(one.session.scenario.product.pushback)
    (named,) = names_in(pushback)
    told = Reading((Act.STAKEHOLDER,), named=(Remedy(named, True, "it"),))
    state = replace(one.begin()[0], heard=(told,))
    assert answers_pushback(state, pushback)
    assert not answers_pushback(replace(state, heard=(Reading(),)), pushback)
    message = "500 is impossible, but by Friday you get 1 s for no money. Which do you prefer?"
    state = replace(state, events=(Event(t=1, who="candidate", text=message),))
    _, moves = product_joins((state, []), one.session, message, now=False)
    assert reactions().content in words(moves) and pushback not in words(moves)


def test_a_wish_to_hear_it_again_does_not_use_up_the_objection():
    one, state, _said = joined()
    state, _ = one.step(state, Utterance(30, "Could you say that again, please?"))
    _state, moves = one.step(state, Utterance(40, "Product, we shall see."))
    assert one.session.filled(one.session.scenario.product.pushback) in words(moves)

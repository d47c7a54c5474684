"""Reactions: what was said is named, never asked for again, and a wrong claim is never confirmed."""

from dataclasses import replace

import pytest

from harness.interview.dialogue.moves import Opened, Phase, Show, Tick, Utterance
from harness.interview.dialogue.reacting import case_figures
from harness.interview.dialogue.reacting.answered import said
from harness.interview.dialogue.reacting.reactions import _takes_back, react
from harness.interview.dialogue.reacting.turn import Turn
from harness.interview.dialogue.reacting.turn_numbers import _close, _digits
from harness.interview.dialogue.speech import Style
from harness.interview.reading import Act, Reading, Remedy, Suspect
from harness.interview.scenario.transcript import Event
from tests.unit.interview.interviews import by_words, interviewer, played, words

RIGHT, WRONG = "The decode dominates, 2.3 s.", "The network dominates."


def after_cards(one, *texts, cards=("breakdown",), every_s=10):
    """Return (state, moves of each turn) of an interview in which cards were opened first."""
    state, _ = one.begin()
    for t, card in enumerate(cards, 1):
        state, _ = one.step(state, Opened(t, card))
    return played(one, *texts, state=state, every_s=every_s)


def test_a_right_cause_is_recognised_at_once_with_its_figure_and_leads_on():
    state, (moves,) = after_cards(interviewer(), RIGHT)
    figure = interviewer().session.filled("{felt.mean.decode}")
    assert figure in words(moves) and state.phase == Phase.PROPOSE


def test_a_right_guess_without_data_is_asked_for_the_measurement():
    state, (moves,) = played(interviewer(), "The decode dominates.")
    assert "decode dominates" in words(moves) and state.phase == Phase.CLARIFY


def test_a_wrong_cause_is_neither_confirmed_nor_denied_until_a_minute_later():
    one = interviewer()
    against = one.session.filled("{felt.mean.network} of {felt.mean.total}")
    state, (moves,) = after_cards(one, WRONG)
    assert against not in words(moves) and state.doubt
    state, (moves,) = played(one, "The answers are long.", state=state, every_s=70)
    assert against in words(moves) and state.doubt is None


def test_a_wrong_cause_that_is_insisted_on_gets_its_datum():
    one = interviewer()
    _, (_, moves) = after_cards(one, WRONG, WRONG)
    assert one.session.filled("{felt.mean.network} of {felt.mean.total}") in words(moves)


def test_a_remedy_before_any_measurement_is_questioned():
    state, (moves,) = played(interviewer(), "I would use a smaller model.")
    assert "smaller" in words(moves) and state.phase == Phase.CLARIFY


def test_a_remedy_is_followed_two_levels_deep_and_not_deeper():
    one = interviewer(levels={})
    said_next = ("It halves the bytes, because fewer are read.", "Well.", "Well, well.")
    state, _ = after_cards(one, "I would use a smaller model.", *said_next)
    about = [question for subject, question in state.depth if subject == "STK-SMALLER"]
    assert about == ["mechanism", "size"]


def test_what_was_said_is_not_asked_for():
    turn = "I would use a smaller model, because each token reads fewer weights; saves 900 ms."
    state, _ = after_cards(interviewer(), turn)
    assert state.depth[-1] == ("STK-SMALLER", "cost")


@pytest.mark.parametrize(
    ("text", "question"),
    [("No smaller model. It would save 200 ms.", "next_look"), ("No smaller model.", "why_not")],
)
def test_a_refusal_is_asked_for_its_reason_only_if_it_gave_none(text, question):
    one = interviewer("S03")
    refused = Reading((Act.DECIDE,), remedies=(Remedy("STK-SMALLER", True, "No smaller model"),))
    assert react(Turn(text, refused, one.begin()[0], one.session)).question == question


@pytest.mark.parametrize(
    ("acts", "text", "shown"),
    [
        ((Act.PROPOSE,), "A region close to the users.", False),
        ((Act.ASK, Act.PROPOSE), "A region close to them. How far are they?", True),
        ((Act.ASK,), "Show me how far they are.", True),
    ],
)
def test_a_proposal_that_touches_an_opened_card_is_not_shown_it_again(acts, text, shown):
    one = interviewer("S03")
    state, _ = after_cards(one, cards=("network",))
    moves = one.discussion.shown((state, []), Reading(acts, cards=("network",)), text)
    assert (moves is not None) == shown


def test_a_doubt_without_a_number_is_not_asked_for_numbers():
    session = interviewer().session
    assert "two numbers" not in case_figures.answer(session, "I do not buy that at all.")
    assert "two numbers" in case_figures.answer(session, "How can 3 calls be 40?")


def test_a_remedy_that_does_not_touch_the_cause_is_doubted_with_a_figure():
    one = interviewer("S07")
    _, (moves,) = after_cards(one, "I would move to another database.")
    assert one.session.filled("{felt.mean.retrieval} of {felt.mean.total}") in words(moves)


def test_a_number_from_nowhere_is_asked_for_its_source_and_one_from_a_card_is_not():
    one = interviewer(levels={})
    total = one.session.filled("{mean.total}")
    state, _ = after_cards(one, "Users see 77 ms.")
    assert state.depth[-1] == ("number", "source")
    state, (moves,) = after_cards(one, f"Users see {total} here.")
    assert ("number", "source") not in state.depth and total.split(" ")[0] in words(moves)


def test_a_contradiction_that_is_pointed_out_is_answered_from_the_case():
    one = interviewer()
    _, (moves,) = played(one, "These numbers contradict the goal, it is met already")
    assert one.session.filled("{p95.total}") in words(moves)


@pytest.mark.parametrize("text", ["Hello!", "You idiot.", "Thanks.", "Could you say again"])
def test_what_is_not_interview_uses_no_follow_up_up(text):
    state, (moves,) = played(interviewer(), text)
    assert words(moves) and state.probed == () and state.phase == Phase.CLARIFY


def test_a_repeated_question_is_the_same_question():
    one = interviewer(levels={})
    _, (first, again) = after_cards(one, "I would use a smaller model.", "Could you say again")
    assert words(first).rpartition(". ")[2].split("?")[0][-20:] in words(again)


def test_a_coach_s_guess_does_not_swallow_the_next_question():
    one = interviewer(mode="coach")
    state, (_, moves) = played(one, "The breakdown?", "And the tokens?")
    assert [m.card for m in moves if isinstance(m, Show)] == ["breakdown", "tokens"]
    assert not state.held  # who goes on asking is not asked for a guess again


def test_a_terse_interviewer_only_asks_and_one_who_interrupts_cuts_in():
    turn = "I would use a smaller model."
    _, (terse,) = after_cards(interviewer(style=Style.TERSE), turn)
    _, (friendly,) = after_cards(interviewer(), turn)
    assert len(words(terse)) < len(words(friendly)) and "?" in words(terse)
    _, (cut,) = after_cards(interviewer(style=Style.INTERRUPTING), turn + " Well." * 80)
    assert words(cut).startswith(("Let me stop", "Sorry to cut"))


def test_a_chat_model_words_the_reaction_that_was_decided():
    asked = []

    def reword(target, asks, said):
        asked.append((target, said))
        return f"In other words, {asks}"

    turn = "I would use a smaller model."
    _, (moves,) = after_cards(replace(interviewer(), reword=reword), turn)
    assert asked == [("mechanism", turn)] and words(moves).startswith("In other words, ")


def test_a_sceptic_asks_for_the_alternative():
    state, _ = after_cards(interviewer(style=Style.SCEPTICAL), RIGHT)
    assert state.depth[-1][1] == "alternative"


def test_ten_claims_in_a_row_get_ten_reactions_with_words_of_their_own():
    one = interviewer(levels={}, minutes=60)
    turns = [f"Point {n} is about the page." for n in range(10)]
    _, answers = after_cards(one, *turns)
    named = [f"Point {n}" in words(moves) for n, moves in enumerate(answers)]
    assert sum(named) >= 6


def test_reacting_is_a_pure_function_of_the_turn():
    one = interviewer()
    state, _ = after_cards(one, "The breakdown?")
    turn = Turn(WRONG, by_words(WRONG), state, one.session)
    assert react(turn) == react(turn)
    state, _ = one.step(state, Tick(500))
    assert one.step(state, Utterance(501, WRONG)) == one.step(state, Utterance(501, WRONG))


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("size", "it saves 800 ms"),
        ("cost", "we lose two points of accuracy"),
        ("risk", "we roll back if p95 rises"),
    ],
)
def test_a_turn_answers_a_question_by_its_words(question, text):
    assert said(question, text) and not said(question, "It is good.")


@pytest.mark.parametrize(
    ("number", "card", "close"),
    [
        (600, 621, True),
        (600, 540, False),
        (640, 600, False),
        (1.4, 1.445, True),
        (1000, 1400, False),
    ],
)
def test_a_rounded_number_is_that_of_the_card(number, card, close):
    assert _close(number, card) == close


def test_a_refusal_leads_to_what_is_done_instead_or_to_what_would_change_it():
    one = interviewer()
    state = replace(one.begin()[0], phase=Phase.PROPOSE)
    text = "Not the smaller model, because its answers are worse."
    refusal = Reading((Act.PROPOSE,), remedies=(Remedy("STK-SMALLER", True, "smaller model"),))
    plan = Reading((Act.PROPOSE,), remedies=(Remedy("STK-CACHE", False, "cache"),))
    for heard, question in (((), "instead"), ((plan,), "reconsider")):
        turn = Turn(text, refusal, replace(state, heard=(*heard, refusal)), one.session)
        assert (react(turn).comment, react(turn).question) == ("refused_fix", question)


def test_a_figure_is_held_against_somebody_once():
    _, (_, first, again) = after_cards(interviewer(), WRONG, WRONG, WRONG)
    figure = interviewer().session.filled("{felt.mean.network} of {felt.mean.total}")
    assert figure in words(first) and figure not in words(again)


def test_questions_about_a_plan_wait_for_one():
    one = interviewer()
    _, turns = after_cards(one, RIGHT, "The users will like it.", "The users will like it.")
    assert not any(getattr(move, "move", None) == "probe" for moves in turns for move in moves)
    assert any("change" in words(moves) or "do about it" in words(moves) for moves in turns)


def reading_of(text, **parts):
    """Return the reaction to a turn after the time per stage was opened, with this reading."""
    one = replace(interviewer(), read=lambda *_: Reading(**parts))
    state, _ = after_cards(one, text)
    return next(question for _, question in reversed((("", ""), *state.depth))), state


def test_a_remedy_that_is_not_clear_is_not_judged():
    vague = Remedy("STK-SMALLER", False, "eighty gig card", clear=False)
    _, state = reading_of("On an eighty gig card.", acts=(Act.PROPOSE,), remedies=(vague,))
    assert not any(key.startswith(("comment.fixes", "comment.helps")) for key in state.used)


def test_several_changes_at_once_are_a_plan():
    both = (Remedy("STK-SMALLER", False, "fp8"), Remedy("STK-CACHE", False, "cache"))
    question, state = reading_of("First fp8, then a cache.", acts=(Act.DECIDE,), remedies=both)
    assert question == "risk" and "fp8 and cache" in state.last_said


def test_a_claim_without_a_reason_is_asked_for_one_unless_it_reads_a_card():
    claim = {"acts": (Act.CLAIM,), "quotes": ((Act.CLAIM, "it was fine before"),)}
    one = replace(interviewer(), read=lambda *_: Reading(**claim))
    state, _ = after_cards(one, "It was fine before.")
    assert "base" not in dict(state.depth).values()
    state, _ = played(one, "It was fine before.", "It was fine before.", state=state)
    assert "base" in dict(state.depth).values()


def test_an_answer_to_something_else_is_no_answer_to_the_last_follow_up():
    one = interviewer(levels={})
    state, _ = after_cards(one, "I would use a smaller model.", "The weather is fine.")
    assert [subject for subject, _ in state.depth].count("STK-SMALLER") == 1


def heard_as(**reading):
    """Return an interviewer that hears every turn as this reading."""
    return replace(interviewer(levels={}), read=lambda *_: Reading(**reading))


def test_several_refusals_are_taken_up_together():
    refused = tuple(Remedy(n, True, w) for n, w in (("STK-CACHE", "cache"), ("STK-ANN", "index")))
    _, (moves,) = after_cards(
        heard_as(acts=(Act.PROPOSE,), remedies=refused), "No cache, no index."
    )
    assert "cache and index" in words(moves)


def test_a_plan_that_is_taken_back_is_gone_and_another_is_asked_for():
    claim = {"acts": (Act.CLAIM,), "quotes": ((Act.CLAIM, "it would be seen"),)}
    state, (moves,) = after_cards(heard_as(**claim), "It would be seen. I take it back.")
    assert any(key.startswith("comment.withdrawn") for key in state.used) and "?" in words(moves)


@pytest.mark.parametrize(
    "text",
    [
        "We must not forget that the cache is cold.",
        "Let's drop it to 20 tokens.",
        "Cutting the prompt will take it back under 2 s.",
    ],
)
def test_a_phrase_that_sounds_like_a_withdrawal_takes_nothing_back(text):
    assert not _takes_back(text)


def test_the_option_that_is_chosen_is_quoted_and_not_the_best_one():
    hedge = (Remedy("STK-CACHE", False, "cache"),)
    one = heard_as(acts=(Act.PROPOSE, Act.DECIDE), remedies=hedge)
    _, (moves,) = after_cards(one, "A: deadline. B: a cache. I pick A now.")
    assert "pick A now" in words(moves)


def test_a_number_that_the_candidate_has_explained_is_not_asked_about_again():
    one = interviewer(levels={})
    state, _ = after_cards(one, "It sums to 1135 ms.", "It is 1135 ms.")
    assert [question for _, question in state.depth].count("source") == 1


def test_the_plan_as_a_whole_is_asked_about_once_its_parts_are_clear():
    turn = "I would use a smaller model."
    state, _ = after_cards(interviewer(levels={}), *[turn] * 6)
    asked = {key.split(".")[1] for key in state.used if key.startswith("question.")}
    assert asked & {"total", "only_one", "noticed", "unsolved"}


def test_a_turn_that_opens_with_a_refusal_is_no_diagnosis_of_what_it_spares():
    one = interviewer()
    text = "I would not touch the handbook. It is the same each time."
    spares = Reading((Act.CLAIM, Act.PROPOSE), suspect=Suspect("prefill", "right", "handbook"))
    state = replace(one.begin()[0], heard=(spares,))
    assert react(Turn(text, spares, state, one.session)).comment == "left_alone"
    found = replace(spares, acts=(Act.CLAIM,))
    assert (
        react(Turn("The search? No, the handbook.", found, state, one.session)).comment
        != "left_alone"
    )
    other = replace(spares, suspect=Suspect("prefill", "right", "same each time"))
    assert react(Turn(text, other, state, one.session)).comment == "right_unseen"


def test_the_right_cause_is_taken_up_again_only_if_no_remedy_is_named():
    named = Reading((Act.CLAIM,), suspect=Suspect("decode", "right", "decode"))
    one = interviewer()
    state = replace(one.begin()[0], heard=(named, named))
    again = react(Turn("It is late. So decode is all of it.", named, state, one.session))
    assert (again.comment, again.quote) == ("taken", "So decode is all of it.")
    with_remedy = replace(named, named=(Remedy("STK-CACHE", False, "cache"),))
    assert react(Turn("Decode, and a cache.", with_remedy, state, one.session)).comment != "taken"


def test_a_known_card_that_does_not_answer_gives_way_to_the_one_that_may():
    asks = {"acts": (Act.ASK,), "cards": ("breakdown",)}
    one = heard_as(**asks, near=("gpu",), also=("gpu",))
    state, (moves,) = after_cards(one, "And what does the accelerator do, please?")
    assert state.opened[-1] == "gpu" and Show("gpu") in moves and Show("breakdown") not in moves
    _, (moves,) = after_cards(heard_as(**asks), "And what does the accelerator do, please?")
    assert Show("breakdown") in moves


def test_a_number_of_one_digit_is_neither_confirmed_nor_asked_for_its_source():
    state, (moves,) = after_cards(interviewer(levels={}), "Users see 3 s.")
    assert ("number", "source") not in state.depth and "on the card" not in words(moves)
    assert (_digits(10), _digits(5), _digits(14), _digits(1.4), _digits(426)) == (1, 1, 2, 2, 3)


def test_a_condition_for_taking_a_change_back_is_no_withdrawal():
    one = interviewer()
    heard = Reading((Act.CLAIM,))
    state = replace(one.begin()[0], heard=(heard,))
    for text, taken_back in (
        ("I'd take it back if it fell to 88.", False),
        ("Scrap that.", True),
        ("Hm. Strike my overload thing.", True),
        ("I would strike my name from that list of heroes.", False),
    ):
        found = react(Turn(text, heard, state, one.session))
        assert (found is not None and found.comment == "withdrawn") == taken_back


@pytest.mark.parametrize(
    ("text", "comment"),
    [
        ("Decode takes one pass for each token.", None),
        ("Decode is the problem, one pass for each token.", "suspected"),
    ],
)
def test_the_answer_to_a_follow_up_explains_and_blames_nothing(text, comment):
    one = interviewer("S02")
    heard = Reading((Act.CLAIM,), suspect=Suspect("decode", "wrong", "decode", "decode"))
    asked = Event(t=0, who="interviewer", text="How does it write?", move="probe")
    state = replace(one.begin()[0], heard=(heard,), phase=Phase.CLARIFY)
    state = replace(state, events=(*state.events, asked))
    found = react(Turn(text, heard, state, one.session))
    assert (found.comment if found and found.comment == "suspected" else None) == comment


def test_who_refuses_to_look_at_data_is_told_what_that_means():
    one = interviewer()
    heard = Reading((Act.PROPOSE,))
    state = replace(one.begin()[0], heard=(heard,), phase=Phase.CLARIFY)
    found = react(Turn("I told you, no data. I would not look at data.", heard, state, one.session))
    assert found is not None and found.comment == "no_data"

"""The interviewer: phases, cards, follow-ups, help and the clock; and that it never reveals the cause."""

import random
import re
from collections import Counter
from dataclasses import replace

import pytest

from harness.interview.dialogue import probes
from harness.interview.dialogue.moves import (
    End,
    Hint,
    Next,
    Offer,
    Opened,
    Phase,
    Say,
    Show,
    State,
    Tick,
    Utterance,
)
from harness.interview.dialogue.probes import follow_ups
from harness.interview.dialogue.wording import moves as pools
from harness.interview.scenario.cards import abouts, card_ids
from harness.interview.scenario.scenario import scenarios
from harness.interview.scenario.transcript import Event
from tests.unit.interview.interviews import interviewer, played, words

WHOLE = (
    "Show me the goal?",
    "Can I see the breakdown?",
    "The decode dominates.",
    "I would use a smaller model.",
    "It costs two points of quality.",
    "I would cache the answers of repeated questions.",
    "That's all",
    "I would cut the prompt.",
    "That's all",
    "We can make it feel fast in two weeks.",
    "No, the database is a tenth of it.",
    "On Friday you see numbers.",
    "done",
    "First the cap, then the smaller model.",
    "The traces tell.",
    "Nothing to add.",
)


def test_it_asks_the_question_and_brings_the_false_premise():
    one = interviewer()
    state, moves = one.begin()
    assert "wants it under 500 ms" in words(moves)
    assert one.session.scenario.product.premise in words(moves)
    assert state.phase == Phase.CLARIFY


def test_a_whole_interview_goes_through_all_phases_and_ends_with_the_cause():
    one = interviewer(levels=dict.fromkeys(follow_ups(), "explained"))
    state, phases = one.begin()[0], []
    for text in WHOLE:
        state, moves = one.step(state, Utterance(state.t + 10, text))
        phases.append(state.phase)
        if state.ended:
            break
    assert list(dict.fromkeys(phases)) == list(Phase)[1:]
    assert moves[-1] == End("finished")
    assert "decode-bound" in words(moves) and "Product suspected" in words(moves)
    assert one.step(state, Utterance(999, "And?")) == (state, [])


def test_a_question_is_answered_with_a_card():
    state, (moves,) = played(interviewer(), "Can I see the breakdown?")
    assert Show("breakdown") in moves and state.opened == ("breakdown",)
    assert state.phase == Phase.DIAGNOSE
    assert [e.open_card for e in state.events if e.open_card] == ["breakdown"]


def test_two_questions_get_two_cards_and_a_fourth_has_to_wait():
    state, _ = played(interviewer(), "What is the goal? And the tokens? The gpu? And the cost?")
    assert state.opened == ("goal", "tokens", "gpu")


def test_a_card_that_is_open_is_not_opened_again():
    state, (_, again) = played(interviewer(), "The tokens?", "The tokens, please?")
    assert Show("tokens") in again
    assert [e.open_card for e in state.events if e.open_card] == ["tokens"]


@pytest.mark.parametrize("answer", ["b", "2", "the second one", "the gpu please"])
def test_an_unclear_question_gets_the_nearest_card_and_another_can_be_picked(answer):
    state, (asked, picked) = played(interviewer(), "Which one is it?", answer)
    assert Show("tokens") in asked and Offer(("model", "gpu")) in asked
    assert "“The model” or “The GPU”" in words(asked)
    assert Show("gpu") in picked and state.offered == ()


def test_what_was_offered_need_not_be_taken():
    state, (_, moves) = played(interviewer(), "Which one is it?", "Rather the breakdown?")
    assert Show("breakdown") in moves and state.offered == ()


@pytest.mark.parametrize(
    ("question", "pool"),
    [
        ("What is the root cause?", "cause"),
        ("Can I have everything?", "everything"),
    ],
)
def test_what_cannot_be_shown_is_said(question, pool):
    state, (moves,) = played(interviewer(), question)
    assert [move.text for move in moves] == [words(moves)]
    assert words(moves) in pools()[pool] and state.opened == ()


def test_data_that_do_not_exist_are_said_not_to_exist_and_what_there_is_instead():
    state, (moves,) = played(interviewer(), "What is the weather?")
    assert abouts()["breakdown"] in words(moves) and state.opened == ()


def everything_said(name, rng, mode):
    """Play an interview with random inputs; return (interviewer, state, moves before the end)."""
    level = rng.choice(["mid", "senior", "staff"])
    one = interviewer(name, mode=mode, level=level, seed=rng.randrange(10**6))
    state, moves = one.begin()
    said, step = [*moves], 0
    while not state.ended:
        step += 1
        t = state.t + rng.uniform(1, 40)
        given = rng.choice(
            [
                Utterance(t, rng.choice(WHOLE)),
                Utterance(
                    t, rng.choice(["I don't know", "hint", "Which?", "the cause?", "", "a", "no"])
                ),
                Utterance(t, rng.choice(card_ids()) + "?"),
                Opened(t, rng.choice([*card_ids(), "nonsense"])),
                Hint(t),
                Tick(t),
                *([Next(t)] if rng.random() < 0.1 else []),
            ]
        )
        state, moves = one.step(state, given)
        if not state.ended:
            said += moves
    return one, state, said


@pytest.mark.parametrize("name", scenarios())
@pytest.mark.parametrize("mode", ["exam", "coach"])
def test_whatever_one_does_the_cause_is_not_given_away(name, mode):
    rng = random.Random(f"{name}{mode}")
    for _ in range(6):
        one, _, said = everything_said(name, rng, mode)
        own = [re.sub("“[^”]*”", "", move.text) for move in said[1:] if isinstance(move, Say)]
        for term in one.session.scenario.cause.terms:
            assert not re.search(rf"\b{re.escape(term)}\b", " ".join(own), re.IGNORECASE), term
        for pattern in one.session.scenario.cause.named:
            assert not [text for text in own if re.search(pattern, text, re.I)], pattern


def test_follow_ups_are_few_and_no_wording_comes_twice():
    rng = random.Random(5)
    for _ in range(40):
        _, state, said = everything_said("S04", rng, "coach")
        asked = [move for move in said if isinstance(move, Say) and move.move == "probe"]
        assert len({move.text for move in asked}) == len(asked)
        assert max(Counter(move.target for move in asked).values(), default=0) <= 2
        assert len(asked) <= probes.PER_SESSION
        assert [e.t for e in state.events] == sorted(e.t for e in state.events)


def test_the_same_inputs_give_the_same_interview():
    a, b = (everything_said("S09", random.Random(3), "exam") for _ in range(2))
    assert a[1:] == b[1:]


def due(levels, phase=Phase.PROPOSE, name="S01", level="senior", **state):
    one = interviewer(name, level=level)
    found = probes.due(one.session, State(phase=phase, **state), levels)
    return found and found[0]


def shown(*missing, **levels):
    """Return levels with everything explained except the missing names."""
    return {name: "explained" for name in follow_ups() if name not in missing} | levels


def test_errors_come_first_then_core_gaps_then_the_rest():
    levels = {"STK-QUANT": "absent", "STK-SMALLER": "absent", "MIS-QUANT-FREE": "active"}
    assert due(shown() | levels) == "MIS-QUANT-FREE"
    assert due(shown() | levels | {"MIS-QUANT-FREE": "repaired"}) == "STK-SMALLER"
    assert due(shown("TRD-COST")) == "TRD-COST"
    assert due(shown()) is None


def test_half_an_answer_is_asked_about_before_none():
    half = {"TRD-COST": "mention", "STK-SMALLER": "absent"}
    assert due(shown("TRD-COST", "STK-SMALLER") | half) == "TRD-COST"


@pytest.mark.parametrize(
    ("level", "found"), [("mid", None), ("senior", None), ("staff", "SYS-FLOOR")]
)
def test_a_level_is_asked_what_it_should_know(level, found):
    assert due(shown("SYS-FLOOR"), level=level) == found


def test_a_mid_level_is_asked_the_core_alone():
    assert due(shown("STK-QUANT"), level="mid") is None
    assert due(shown("STK-SMALLER"), level="mid") == "STK-SMALLER"


def test_techniques_that_would_not_remove_the_cause_here_are_left_alone():
    assert due(shown("STK-SPEC"), name="S01") is None
    assert due(shown("STK-SPEC"), name="S02") is None


def test_each_phase_has_its_own_questions():
    levels = shown("SYS-TARGET", "STK-SMALLER", "COM-CHOICE")
    assert due(levels, Phase.DIAGNOSE) == "SYS-TARGET"
    assert due(levels, Phase.PROPOSE) == "STK-SMALLER"
    assert due(levels, Phase.STAKEHOLDER) == "COM-CHOICE"


def test_a_gap_is_asked_about_twice_at_most_and_not_twice_in_a_row():
    gap = shown("STK-SMALLER")
    assert due(gap, probed=("STK-SMALLER",)) is None  # another one in between
    assert due(gap, probed=("STK-SMALLER", "TRD-COST")) == "STK-SMALLER"
    assert due(gap, probed=("STK-SMALLER", "TRD-COST", "STK-SMALLER", "TRD-COST")) is None


def test_a_short_interview_has_fewer_follow_ups():
    assert probes.budget(8, Phase.STAKEHOLDER) == 3
    assert probes.budget(20, Phase.STAKEHOLDER) == probes.budget(35, Phase.STAKEHOLDER) == 6
    assert probes.budget(20, Phase.PROPOSE) == 5  # one is kept for the product manager


def test_every_expectation_has_three_wordings_and_all_differ():
    texts = [text for one in follow_ups().values() for text in (*one.ask, one.hint, one.explain)]
    assert len(set(texts)) == len(texts)
    assert all(len(one.ask) >= 3 for one in follow_ups().values())
    assert len(follow_ups()) == 31 + 11


def test_an_exam_has_no_hints():
    one = interviewer()
    state, _ = one.begin()
    for given in (Hint(1), Utterance(2, "Give me a hint, please")):
        state, moves = one.step(state, given)
        assert words(moves) in pools()["no_hints"]


def test_a_coach_has_three_about_the_search_and_then_no_more():
    one = interviewer(mode="coach")
    state, _ = one.begin()
    texts = []
    for number in range(4):
        state, moves = one.step(state, Hint(number))
        texts.append(words(moves))
    assert texts[:3] == list(one.session.scenario.hints)
    assert texts[3] in pools()["no_more_hints"]


def test_a_coach_helps_with_a_follow_up_first_a_little_then_fully():
    one = interviewer(mode="coach")
    state, _ = one.begin()
    state, _ = one.step(state, Next(1))
    said = ["I would use a smaller model.", *4 * ["The users will like it."]]
    state, turns = played(one, *said, every_s=0, state=state)
    *_, probe = (move for moves in turns for move in moves if getattr(move, "move", "") == "probe")
    state, (hint,) = one.step(state, Hint(3))
    state, (told,) = one.step(state, Hint(4))
    assert (hint.text, hint.move) == (follow_ups()[probe.target].hint, "hint")
    assert (told.text, told.move) == (follow_ups()[probe.target].explain, "reveal")
    assert (hint.target, told.target) == (probe.target,) * 2
    _, (more,) = one.step(state, Hint(5))
    assert more.move == "hint" and more.target != probe.target  # about what would be asked next


def test_a_coach_asks_for_a_guess_before_the_first_cards():
    one = interviewer(mode="coach")
    state, (first, guessed, goal) = played(
        one, "The breakdown?", "Generation, I suppose", "And the goal?"
    )
    assert words(first) in pools()["expect"] and Show("breakdown") not in first
    assert Show("breakdown") in guessed and Show("goal") in goal
    state, turns = played(one, "The tokens?", "Many", "The gpu?", state=state)
    assert Show("tokens") in turns[1] and Show("gpu") in turns[2]  # two guesses are enough


def test_a_coach_asks_for_no_guess_that_was_just_given():
    _, (moves,) = played(interviewer(mode="coach"), "I expect the gpu to be busy. The gpu?")
    assert Show("gpu") in moves


def test_a_card_is_shown_by_its_name_unless_the_name_answers_a_question():
    one = interviewer()
    state, (moves,) = played(one, "the queue")
    assert Show("queue") in moves
    why = Event(t=state.t, who="interviewer", text="What makes it so?")
    asked = replace(state, events=(*state.events, why))
    _, (moves,) = played(one, "the index", state=asked)
    assert Show("index") not in moves


def test_not_knowing_gets_a_nudge_then_less_then_something_else():
    state, (one, two, three) = played(interviewer(), *["I don't know"] * 3)
    assert words(one) in pools()["nudge"]
    assert words(two) in pools()["narrower"]
    assert any(move.text in pools()["leave_it"] for move in three)
    state, (moves,) = played(interviewer(), "The breakdown?", state=state)
    assert state.lost == 0 and Show("breakdown") in moves


def test_the_clock_warns_twice_and_ends_it():
    one = interviewer(minutes=10)
    state, _ = one.begin()
    said = []
    for t in range(0, 600, 30):
        state, moves = one.step(state, Tick(t))
        said += moves
    assert [m.text in pools()["half_time"] for m in said] == [True, False]
    assert said[1].text in pools()["short_time"]
    state, moves = one.step(state, Tick(600))
    assert moves[-1] == End("time") and state.ended == "time"


def test_the_last_sentence_still_counts():
    state, moves = interviewer(minutes=1).begin()
    state, moves = interviewer(minutes=1).step(state, Utterance(75, "The decode dominates."))
    assert [e.text for e in state.events if e.who == "candidate"] == ["The decode dominates."]
    assert moves[-1] == End("time")


def test_a_phase_that_has_had_its_time_gives_way():
    one = interviewer(minutes=10)
    state, _ = one.begin()
    state, _ = one.step(state, Utterance(310, "Hm, let me think."))
    assert state.phase == Phase.PROPOSE
    state, _ = one.step(state, Utterance(480, "The pipeline is long."))
    assert state.phase == Phase.STAKEHOLDER
    state, _ = one.step(state, Utterance(570, "It will be fine."))
    state, _ = one.step(state, Utterance(575, "It really will."))
    assert state.phase == Phase.WRAP


def test_a_clock_that_runs_back_stands_still():
    state, _ = played(interviewer(), "The tokens?", every_s=100)
    state, _ = interviewer().step(state, Utterance(5, "The gpu?"))
    assert state.t == 100 and state.events[-1].t == 100


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "…?!"])
def test_silence_is_not_an_answer(text):
    state, (moves,) = played(interviewer(), text)
    assert words(moves) in pools()["silence"]
    assert not [e for e in state.events if e.who == "candidate"]


@pytest.mark.parametrize(
    "text",
    [
        "word " * 50_000,
        "<script>alert(1)</script>",
        "{mean.total} {0} %s [bold]",
        "¿Cuánto tarda cada etapa?",
        "why? " * 3000,
        "\x00\x1b[2J",
    ],
)
def test_odd_turns_are_kept_as_they_are_and_answered(text):
    state, (moves,) = played(interviewer(), text)
    assert moves and not state.ended
    assert next(e.text for e in state.events if e.who == "candidate") == text


def test_the_product_manager_objects_and_then_asks_for_what_is_missing():
    one = interviewer("S09", level="mid", levels=shown())
    state, _ = one.begin()
    for t in (1, 2):
        state, moves = one.step(state, Next(t))
    assert state.phase == Phase.STAKEHOLDER
    state, moves = one.step(state, Utterance(3, "We check all sentences at once."))
    assert "So we go back to the old model tonight?" in words(moves)
    state, moves = one.step(state, Utterance(4, "No, and all of it in 500 is not possible."))
    assert state.insisted == ("instead",)
    state, moves = one.step(
        state, Utterance(5, "You can get 1 s by Friday. Would you rather wait?")
    )
    assert state.insisted == ("instead", "price")
    assert "The one that" in words(moves)  # they answer, and ask on
    state, moves = one.step(state, Utterance(6, "It costs two days."))
    assert state.phase == Phase.WRAP


def test_who_has_said_everything_is_not_asked_again():
    one = interviewer("S09", level="mid", levels=shown())
    state, _ = one.begin()
    for t in (1, 2):
        state, _ = one.step(state, Next(t))
    full = "500 is not possible, but I can offer 1 s by Friday, it costs 100 dollars. Your choice?"
    state, _ = one.step(state, Utterance(3, full.replace("?", ".")))
    state, _ = one.step(state, Utterance(4, "No."))
    assert state.phase == Phase.WRAP


def test_a_senior_gets_a_change_of_requirements_once():
    one = interviewer(levels=shown())
    state, _ = one.begin()
    state, _ = one.step(state, Next(1))
    state, moves = one.step(state, Next(2))
    assert one.session.scenario.twist in words(moves) and state.phase == Phase.PROPOSE
    state, moves = one.step(state, Next(3))
    assert state.phase == Phase.STAKEHOLDER


def test_the_second_round_is_with_the_team_where_there_is_time():
    for minutes, phase in ((20, Phase.TEAM), (8, Phase.WRAP)):
        one = interviewer(levels=shown(), minutes=minutes)
        state, _ = one.begin()
        for t in range(1, 5):
            state, _ = one.step(state, Next(t))
        assert state.phase == phase


def test_the_debrief_says_what_was_not_asked_for():
    one = interviewer("S02", level="mid", levels=shown())
    state, _ = one.begin()
    for t in range(1, 5):
        state, moves = one.step(state, Next(t))
    assert "You did not ask for it." in words(moves)
    assert state.ended == "finished"

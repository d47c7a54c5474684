"""The moments of an interview from which most is to be learned."""

import pytest

from harness.interview.dialogue.moves import Opened
from harness.interview.practice.moments import lessons, moments
from harness.interview.scenario.scenario import scenarios
from tests.unit.interview.interviews import by_words, interviewer, played


def learned(*texts, name="S01", cards=()):
    one = interviewer(name)
    state, _ = one.begin()
    for t, card in enumerate(cards):
        state, _ = one.step(state, Opened(t, card))
    state, _ = played(one, *texts, state=state)
    return moments(one.session, one.transcript(state), state.heard)


def test_a_remedy_before_any_measurement_is_the_first_lesson():
    found = learned("I would use a smaller model.", "The goal?")
    assert found[0].kind == "early" and found[0].turn == 1
    assert "smaller" in found[0].why and found[0].said == "I would use a smaller model."


def test_a_wrong_suspect_gets_its_figure_and_the_question_that_settles_it():
    [moment] = [m for m in learned("The network dominates.", cards=["goal"]) if m.kind == "wrong"]
    session = interviewer().session
    assert session.filled("{felt.mean.network}") in moment.why
    assert session.scenario.cause.question in moment.better


def test_moving_on_without_the_cause_is_a_lesson_and_finding_it_is_none():
    missed = learned("I would use a smaller model.", cards=["goal", "breakdown"])
    assert "missed" in {moment.kind for moment in missed}
    found = learned(
        "The decode dominates.", "I would use a smaller model.", cards=["goal", "breakdown"]
    )
    assert "missed" not in {moment.kind for moment in found}


def test_there_are_three_at_most_of_different_kinds_in_order():
    texts = ["The network dominates.", "I would cache it.", "I don't know", "I would stream it."]
    found = learned(*texts)
    assert len(found) == 3 == len({moment.kind for moment in found})
    assert [moment.turn for moment in found] == sorted(moment.turn for moment in found)


def test_a_long_turn_gets_a_long_sentence():
    text = "I would use a smaller model"
    [short], [long] = (
        [m for m in learned(turn) if m.kind == "early"] for turn in (text, text + ", well" * 20)
    )
    assert len(long.better) > len(short.better)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I would use a smaller model.", "price"),
        ("I would use a smaller model, it leaves 700 ms.", "cost"),
        ("I would use a smaller model; it costs accuracy.", "brings"),
    ],
)
def test_a_remedy_is_told_what_it_lacks_and_only_that(text, kind):
    found = learned("The decode dominates.", text, cards=["goal", "breakdown"])
    assert kind in {moment.kind for moment in found}


def test_silence_teaches_nothing():
    assert learned() == ()


@pytest.mark.parametrize("name", scenarios())
@pytest.mark.parametrize("kind", lessons())
def test_every_lesson_can_be_told_in_every_scenario(name, kind):
    from harness.interview.practice.moments import Turn, _moment
    from harness.interview.scenario.transcript import Event

    session = interviewer(name).session
    for text in ("The network dominates.", "The network dominates, well, " * 9):
        event = Event(t=1, who="candidate", text=text)
        turn = Turn(1, event, by_words(text), frozenset(), "")
        moment = _moment(session, kind, turn, None)
        assert "<" not in moment.better + moment.why and "{" not in moment.better + moment.why

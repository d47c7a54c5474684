"""What a turn wants of the interviewer: which cards, and whether an answer."""

from __future__ import annotations

from harness.interview.dialogue.addressees import FOR_TEAM
from harness.interview.dialogue.asking import (
    NEGATED,
    REQUESTS,
    SHOW,
    WANTS,
    WHICH_GOAL,
    answers_itself,
    asked_last,
    questions,
)
from harness.interview.dialogue.moves import State
from harness.interview.listening.refusals import opens_with_refusal
from harness.interview.reading import OFFERS, Act, Reading, Unanswered

STATES = OFFERS | {Act.CLAIM}
WITHHELD = (
    Unanswered.CAUSE,
    Unanswered.EVERYTHING,
    Unanswered.OPINION,
)  # no nearest card is shown instead
ASKS = 3  # words of a last question that is answered


def cards_asked_for(state: State, reading: Reading, text: str) -> tuple[str, ...]:
    """Return the cards that a turn asks for; only a clear request wants an opened card again.

    A proposal without a question speaks of its check or its plan.
    """
    text = NEGATED.sub(" ", text)
    vague = reading.proposed and not any(remedy.clear for remedy in reading.proposed)
    proposes = Act.DECIDE in reading.acts or (Act.PROPOSE in reading.acts and not vague)
    decides = not text.rstrip().endswith("?") and (
        Act.DECIDE in reading.acts or opens_with_refusal(text)
    )
    if WHICH_GOAL.search(text):
        return tuple(dict.fromkeys(("goal", *reading.cards)))
    if REQUESTS.search(text):
        near = SHOW.search(text) and reading.unanswered not in WITHHELD
        return reading.cards or (reading.near[:1] if near else ())
    if FOR_TEAM.search(text):
        return ()
    if questions(text) and not decides:
        return reading.cards
    if set(reading.acts) == {Act.ASK}:
        return tuple(card for card in reading.cards if card not in state.opened)
    if proposes or answers_itself(text):
        return ()
    return reading.cards if WANTS.search(text) else ()


def asks(reading: Reading, text: str) -> bool:
    """Return True if a turn asks for something, by a question, or by a request beside no proposal."""
    if Act.ASK not in reading.acts:
        return False
    says = not STATES.isdisjoint(reading.acts)
    if says and not (questions(asked_last(text)) or REQUESTS.search(text)):
        return False
    offers = not OFFERS.isdisjoint(reading.acts) and any(r.clear for r in reading.remedies)
    wants = WANTS.search(text) and not answers_itself(text) and not offers
    return questions(text) or bool(wants)


def only_wonders(reading: Reading) -> bool:
    """Return True if a question of opinion only goes with a claim or a proposal."""
    says = reading.suspect or any(remedy.clear for remedy in reading.proposed)
    return bool(says) and reading.unanswered == Unanswered.OPINION


def ends_asking(text: str) -> bool:
    """Return True if a text ends with a question of some words: "Happy?" wants no answer."""
    last = asked_last(text)
    return text.rstrip().endswith("?") and len(last.split()) >= ASKS and questions(last)


def asks_back(reading: Reading, text: str) -> bool:
    """Return True if a remark ends with a question that asks for no data, and says nothing to take up."""
    told = Act.STAKEHOLDER in reading.acts or reading.planned()
    return ends_asking(text) and not (reading.suspect or reading.remedies or told)

"""The showing of cards: each once, after a guess in coach mode, and the nearest if a question is vague."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from harness.interview.dialogue.asking import asked
from harness.interview.dialogue.moves import Offer, Phase, Show
from harness.interview.dialogue.on_cards import read_out
from harness.interview.dialogue.reacting import case_figures
from harness.interview.dialogue.reacting.turn import CONTEXT
from harness.interview.dialogue.speech import Step, choose, say
from harness.interview.dialogue.wording import opinion, reactions
from harness.interview.reading import Reading, Unanswered
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.transcript import Event

# A question about the interview itself, which no data answer.
INTERVIEW_ITSELF = re.compile(
    r"\b(my score|my points|(did|do|have) i pass\w*|salary|coffee|tea|bathroom|hear back|on.?call|roster|"
    r"parking|(second|next|another) (round|interview)|(was|am) i good|is (it|this|that) recorded|"
    r"holidays?|vacation|(?<!my )pension|dress code|start date|relocation|remote work|"
    r"(am|are) (i|we) (done|finished)|can i go\W*$|should (i )?have asked)\b",
    re.IGNORECASE,
)
SHOWN_BY = {"card", "nearest"}  # pools of words that go with a card
ON_CARD = {"on_card", "table"}  # pools of words that answer from an open card
SURELY = 2  # words that a sentence of an open card shares with a question that it answers
# What the candidate expects of a card, said with the wish to see it.
GUESS = re.compile(
    r"\b(i|we)(.?d)? (also |would |do |really )?(expect|guess|bet|suspect|assume|predict|reckon|imagine)\b|"
    r"\bmy (guess|bet|hunch|suspicion|expectation)\b|\b(probably|presumably)\b",
    re.IGNORECASE,
)
GUESSES = 2  # for so many cards a coach first asks what they will show; more is a nuisance


def opened(step: Step, session: Session, card: str, question: str = "") -> Step:
    """Show a card; a coach holds the first ones back until the candidate has guessed what they show.

    Of a card that is open the sentence that answers the question is read out.
    """
    state, out = step
    if card not in session.cards:
        return say(step, session, "no_card")
    if card in state.opened:
        pool = "table" if session.cards[card].rows else "again"
        known = answered(step, session, (card,), question, SURELY if pool == "table" else 1)
        state, out = known or say(step, session, pool, title=session.cards[card].title)
        return state, [*out, Show(card)]
    coach = session.mode == "coach"
    guessed = GUESS.search(question)
    if coach and card not in CONTEXT and state.guesses < GUESSES and not (state.held or guessed):
        held = replace(state, held=card, guesses=state.guesses + 1)
        return say((held, out), session, "expect")
    held = None if state.held == card else state.held
    return _show((replace(state, held=held), out), session, card)


def answered(
    step: Step, session: Session, cards: Iterable[str], question: str, least: int
) -> Step | None:
    """Read out the sentence of these cards that answers a turn's question; None if none is near enough."""
    found = read_out((session.cards[card] for card in cards), asked(question), least)
    return found and say(step, session, "on_card", title=found[0].title, sentence=found[1])


def unclear(step: Step, session: Session, reading: Reading, text: str) -> Step | None:
    """Answer a question that asks for no certain card: with the nearest one, or with why there is none.

    None if nothing is near.
    """
    if reading.unanswered and INTERVIEW_ITSELF.search(text):
        return choose(step, session, "aside.practical", reactions().asides["practical"].says)
    if known := answered(step, session, step[0].opened, text, SURELY):
        return known
    if reading.unanswered == Unanswered.OPINION:
        return handed_back(step, session, text)
    if reading.unanswered == Unanswered.OUTSIDE:
        if not reading.near:
            return choose(step, session, "nothing_near", reactions().nothing_near)
        near = case_figures.instead(reading.near)
        return choose(step, session, "nothing", reactions().nothing_there, {"near": near})
    if reading.unanswered:
        return say(step, session, str(reading.unanswered))
    if not (near := (*reading.cards, *reading.near)):
        return None
    nearest, *others = near
    if nearest not in step[0].opened and session.mode != "coach":
        step = say(step, session, "nearest")
    step = opened(step, session, nearest, text)
    answers = step[0].held or ON_CARD & set(step[0].last_pools)
    return step if answers else beside(step, session, tuple(others))


def handed_back(step: Step, session: Session, text: str) -> Step:
    """Hand a question of opinion back to the candidate."""
    kind, wordings = opinion(text)
    return choose(step, session, f"opinion.{kind}", wordings)


def beside(step: Step, session: Session, cards: tuple[str, ...]) -> Step:
    """Name other cards that may be meant, if there are any that were not shown."""
    near = tuple(card for card in cards if card not in step[0].opened)
    return _offered(step, session, "beside", near) if near else step


def _offered(step: Step, session: Session, pool: str, cards: tuple[str, ...]) -> Step:
    named = [f"“{session.cards[card].title}”" for card in cards]
    near = " or ".join(filter(None, (", ".join(named[:-1]), named[-1])))
    state, out = say(step, session, pool, near=near)
    return replace(state, offered=cards), [*out, Offer(cards)]


def _show(step: Step, session: Session, card: str) -> Step:
    if not SHOWN_BY & set(step[0].last_pools):
        step = say(step, session, "card")
    state, out = step
    event = Event(t=state.t, who="candidate", open_card=card)
    phase = state.phase
    if phase == Phase.CLARIFY and card not in CONTEXT:
        phase = Phase.DIAGNOSE
    return replace(state, events=(*state.events, event), phase=phase), [*out, Show(card)]

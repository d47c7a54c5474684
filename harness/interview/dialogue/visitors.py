"""Who joins the interview: the product manager, who negotiates, and the engineers who will build the fix."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.interview.dialogue.addressees import FOR_TEAM, TO_PRODUCT, TO_TEAM
from harness.interview.dialogue.asking import WHICH_GOAL
from harness.interview.dialogue.moves import Phase, State
from harness.interview.dialogue.on_cards import shared_words
from harness.interview.dialogue.speech import Step, choose, say
from harness.interview.dialogue.wording import Wordings, reactions, short
from harness.interview.listening.remedies import names_in
from harness.interview.reading import Act, Reading, Role
from harness.interview.scenario.interview_session import Session

MAX_INSISTENCE = 3  # questions of the product manager after the objection
TO_THE_INTERVIEWER = (Act.PROPOSE, Act.CLAIM, Act.DECIDE, Act.CHALLENGE)
PREFERENCE = re.compile(
    r"\b(prefer|rather|matters? more|more important|your (choice|call)|choose|you want)\b[^.!]*\?|"
    r"\b(what|which)\b[^.!?]*\bbetter\b[^.!?]*\?|"
    r"\b(would|do|can|could) you\b[^.!?]*\bor\b(?! not\b)[^.!?]*\?|"
    r"\b(need|want|ask) you to (pick|choose|decide between)\b|"
    r"\byou.?(ve got| gotta| (have|need) to| must) (decide|choose|pick) (which|what|between)\b",
    re.IGNORECASE,
)
# A question whether product accepts what is offered.
OFFERS_A_DEAL = re.compile(
    r"\b(can|could|shall|may) (we|i) (\w+ )?"
    r"(agree|settle|sign|write (that|this|it|the goal)|set the goal|call it|define)\b"
    r"[^.!?]*\?|"
    r"\b(is|would) (that|this|it)( be)? (ok\w*|fine|acceptable|(good )?enough|a deal|all right)\b[^.!?]*\?|"
    r"\b(do|can|could|would) you (accept|agree|live with|sign)\b[^.!?]*\?|\b(deal|agreed)\?|"
    r"\b(need|want) (a|one|your) (decision|yes|signature)\b|"
    r"\b(i.?d|i would|i|we) (ask|want|need) you to (accept|agree|sign)\b",
    re.IGNORECASE,
)
# What product may be asked to choose or to accept, by kind.
CHOICES = {"goal": WHICH_GOAL, "deal": OFFERS_A_DEAL, "other": PREFERENCE}
# The candidate shares the belief of the product manager.
AGREES = re.compile(
    r"(?<!not )(?<!n.t think )(?<!once )(?<!if )(?:"
    r"\b(i|we) (can )?back you up\b|\byou.?ve (heard|read|seen) (it |that )?(correctly|right)\b|"
    r"\b(we|you and (i|me)) (actually |both )?agree\b(?![^.!]*\?)|"
    r"\byour (observation|guess|suspicion|theory|hunch|diagnosis) (is|was) (\w+ly |quite )?(right|correct)\b|"
    r"\bi (\w+ly )?agree with you( \w+ly)?(?=\W*$|[.,;:!])|"
    r"\byou (called|nailed|got) it(?=\W*$|[.,;:!])|\bspot on\b|"
    r"\b(hundred|100) ?(%|per ?cent) right\b|\byou(.?re| were| are) right[.!]|"
    r"\byou (were|are) right (from the (start|first)|all along|about the (remedy|fix))\b|"
    r"(?<!not )\bon the same page\b)",
    re.IGNORECASE,
)
ON_SUBJECT = 2  # words that a message shares with the objection that it answers
SAID_TO_ANYBODY = ("cannot",)  # questions that are not asked of who has refused 500 ms to anybody
PROMISES = (Role.EFFECT, Role.PLAN, Role.GOAL, Role.FINDING, Role.MESSAGE)  # what product takes up
FULL = 5  # words of it
TEAM_TURNS = 2  # the explanation to the engineers and one follow-up


def product_manager(step: Step, session: Session, text: str) -> Step | None:
    """Let the product manager object, then ask for what is missing.

    Returns None if nothing is open, or if the turn is for the engineers.
    """
    state, out = step
    if FOR_TEAM.search(text):
        return None
    pushback = session.filled(session.scenario.product.pushback)
    if state.turns == 1 and not answers_pushback(state, pushback):
        return say(step, session, "pushback", pushback=pushback)
    key = insistence(state, text)
    if kind := offered_choice(text):
        return chosen(step, session, kind, key)
    if key is None:
        return None
    wordings = reactions().product_manager[key].says
    said = [
        f'The product manager {_after(state.heard[-1])}says: "{wording}"' for wording in wordings
    ]
    state = replace(state, insisted=(*state.insisted, key))
    return choose((state, out), session, f"pm.{key}", said)


def chosen(step: Step, session: Session, kind: str, key: str | None = None) -> Step:
    """Let the product manager answer a choice, and ask for what is missing. key: of that question."""
    state, out = step
    state = replace(state, insisted=(*state.insisted, *([key] if key else ())))
    asked = reactions().product_manager[key].says[0] if key else ""
    said = [
        f'The product manager says: "{wish} {asked}'.strip() + '"'
        for wish in reactions().chooses[kind]
    ]
    return choose((state, out), session, f"pm.chooses_{kind}", said)


def _after(reading: Reading) -> str:
    """Return words that take up what was said, whether it was meant for the product manager or not."""
    told = Act.STAKEHOLDER in reading.acts
    if not (quote := _told(reading) if told else reading.planned() or _quote(reading)):
        return ""
    return f"hears “{short(quote)}” and "


def _quote(reading: Reading) -> str:
    return next((words for act, words in reading.quotes if act in TO_THE_INTERVIEWER), "")


def offered_choice(text: str) -> str | None:
    """Return what a text asks product to choose or to accept, by kind; None for nothing."""
    return next((kind for kind, pattern in CHOICES.items() if pattern.search(text)), None)


def insistence(state: State, text: str) -> str | None:
    """Return the key of the product manager's next question, or None if nothing is open.

    What they were told before counts as well: who has given a date is not asked for one. text: the last
    turn, or all that they were told.
    """
    if len(state.insisted) >= MAX_INSISTENCE:
        return None
    for key, entry in reactions().product_manager.items():
        known = " ".join(state.spoken) if key in SAID_TO_ANYBODY else told_product(state)
        called_for = re.search(entry.after, text, re.IGNORECASE)
        answered = re.search(entry.unless, known, re.IGNORECASE)
        if key not in state.insisted and called_for and not answered:
            return key
    return None


def answers_pushback(state: State, pushback: str) -> bool:
    """Return True if product has heard of the change, or of the subject, that their objection is about."""
    told = [reading for reading in state.heard if Act.STAKEHOLDER in reading.acts]
    named = {remedy.id for reading in (*told, state.heard[-1]) for remedy in reading.named}
    if not named.isdisjoint(names_in(pushback)):
        return True
    return shared_words(pushback, told_product(state)) >= ON_SUBJECT


def product_joins(step: Step, session: Session, told: str, now: bool) -> Step:
    """Let the product manager join, who has heard what was meant for them, and answer it.

    told: all of what they heard. now: whether they have heard the last turn, rather than an earlier one.
    """
    state, out = replace(step[0].enter(Phase.STAKEHOLDER), turns=1), step[1]
    said, insisted = _first_words(state, session, told, now)
    if now and (kind := offered_choice(told)):
        wish = reactions().chooses[kind][0]
        said = wish if kind == "deal" or said == reactions().content else f"{wish} {said}"
    state = replace(state, insisted=(*state.insisted, *insisted))
    heard = short(_told(state.heard[-1]))
    joins = "joins_later" if not now else "joins_to" if heard else "joins"
    return say((state, out), session, joins, said=said, heard=heard)


def _told(reading: Reading) -> str:
    """Return the words of a message that product takes up, of what it promises if any; or ""."""
    said = {role: words for role, words in reversed(reading.roles) if len(words.split()) >= FULL}
    ranked = (said[role] for role in PROMISES if role in said)
    return next((words for words in ranked if not TO_PRODUCT.search(words)), "")


def _first_words(
    state: State, session: Session, told: str, now: bool
) -> tuple[str, tuple[str, ...]]:
    """Return what product says, and the keys of its questions: the objection, or what is missing.

    They do not object if the objection is answered, the cause explained, or their own belief shared.
    """
    pushback = session.filled(session.scenario.product.pushback)
    agrees = AGREES.search(told)
    content = bool(agrees or state.heard[-1].cause) or answers_pushback(state, pushback)
    if (content or not now) and (key := insistence(state, told)):
        asked = reactions().product_manager[key].says[0]
        return f"{reactions().shared} {asked}" if agrees else asked, (key,)
    return reactions().content if content else pushback, ()


def team_joins(step: Step, session: Session) -> Step:
    """Let the engineers join, and ask for the fix, or ask back if it was explained to them before."""
    state, out = step
    told = any(TO_TEAM.search(text) for text in state.spoken)
    state = replace(state.enter(Phase.TEAM), turns=int(told))
    if not told:
        return choose((state, out), session, "team.ask", reactions().team.ask)
    return _engineer_asks((state, out), session, reactions().team.joins)


def engineers(step: Step, session: Session, text: str) -> Step | None:
    """Let one of the engineers ask back once; return None after that."""
    back = reactions().team.back
    return None if step[0].turns >= TEAM_TURNS else _engineer_asks(step, session, back)


def _engineer_asks(step: Step, session: Session, wordings: Wordings) -> Step:
    """Let one of the engineers ask for the first thing that neither they nor the candidate have spoken of."""
    state, _ = step
    asked = " ".join(e.text for e in state.events if e.who == "interviewer" and e.text)
    known, (*questions, last) = " ".join(state.spoken), reactions().team.questions
    missing = (
        q
        for q in questions
        if q.says not in asked and not re.search(q.unless, known, re.IGNORECASE)
    )
    values = {"question": next(missing, last).says}
    return choose(step, session, "team.asks", wordings, values)


VISITORS = {Phase.STAKEHOLDER: product_manager, Phase.TEAM: engineers}


def told_product(state: State) -> str:
    """Return what the candidate has said to the product manager: messages, and the turns of this part."""
    spoken = state.spoken
    messages = (
        text
        for text, reading in zip(spoken, state.heard, strict=False)
        if Act.STAKEHOLDER in reading.acts
    )
    here = state.turns if state.phase == Phase.STAKEHOLDER else 0
    return " ".join([*messages, *spoken[len(spoken) - here :]])

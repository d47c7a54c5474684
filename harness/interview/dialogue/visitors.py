"""Who joins the interview: the product manager, who negotiates, and the engineers who will build the fix."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.interview.dialogue.asking import WHICH_GOAL
from harness.interview.dialogue.moves import Phase, State
from harness.interview.dialogue.speech import Step, choose, say
from harness.interview.dialogue.wording import reactions, short
from harness.interview.listening.remedies import names_in
from harness.interview.reading import Act, Reading
from harness.interview.scenario.interview_session import Session

MAX_INSISTENCE = 3  # questions of the product manager after the objection
TO_THE_INTERVIEWER = (Act.PROPOSE, Act.CLAIM, Act.DECIDE, Act.CHALLENGE)
CHOICE = "chooses"  # the product manager has answered a question of which is better
PREFERENCE = re.compile(
    r"\b(prefer|rather|better|matters? more|more important|your (choice|call)|choose|want)\b[^.!]*\?|"
    r"\bor\b[^.!?]*\?|\b(need|want|ask) you to (pick|choose|decide between)\b",
    re.IGNORECASE,
)
KNOWN = ("cannot",)  # questions that are not asked of who has refused 500 ms to anybody
ENGINEERS = r"(engineers?|(engineering )?team|developers?|devs|lads|guys|colleagues)"
# Words that turn to those who will build the fix, rather than speak of them: "And for the engineers: ..."
TURNS_TO_THEM = (
    r"((and|so|now|then|finally|ok\w*)\W+)*("
    rf"(to|for) (the |my |our |your |you |two |young )*{ENGINEERS}\b(?!.s\b)(?! (it|this|that|who|is|are)\b)"
    rf"[^.:,!?]{{0,25}}[:,]|(dear |you |the two )*{ENGINEERS}\W*[,:]|the {ENGINEERS}\W*:)"
)
FOR_TEAM = re.compile(rf"^\W*{TURNS_TO_THEM}", re.IGNORECASE)
TO_TEAM = re.compile(
    rf"(^|[.!?]\s+){TURNS_TO_THEM}|\btell (the |my |our |your |two )*{ENGINEERS}\b", re.IGNORECASE
)
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
    if offers_a_choice(state, text):
        return chosen(step, session, text, key)
    if key is None:
        return None
    wordings = reactions().product_manager[key].says
    said = [
        f'The product manager {_after(state.heard[-1])}says: "{wording}"' for wording in wordings
    ]
    state = replace(state, insisted=(*state.insisted, key))
    return choose((state, out), session, f"pm.{key}", said)


def chosen(step: Step, session: Session, text: str, key: str | None = None) -> Step:
    """Let the product manager say what they prefer, and ask for what is missing. key: of that question."""
    state, out = step
    of_goal = bool(WHICH_GOAL.search(text))
    state = replace(state, insisted=(*state.insisted, CHOICE, *([key] if key else ())))
    asked = reactions().product_manager[key].says[0] if key else ""
    said = [
        f'The product manager says: "{wish} {asked}'.strip() + '"'
        for wish in reactions().chooses[of_goal]
    ]
    return choose((state, out), session, "pm.chooses", said)


def _after(reading: Reading) -> str:
    """Return words that take up what was said to the interviewer rather than to the product manager."""
    if Act.STAKEHOLDER in reading.acts or not (quote := reading.planned() or _quote(reading)):
        return ""
    return f"hears “{short(quote)}” and "


def _quote(reading: Reading) -> str:
    return next((words for act, words in reading.quotes if act in TO_THE_INTERVIEWER), "")


def offers_a_choice(state: State, text: str) -> bool:
    """Return True if a text asks the product manager, for the first time, which of two things is wanted."""
    return CHOICE not in state.insisted and bool(WHICH_GOAL.search(text) or PREFERENCE.search(text))


def insistence(state: State, text: str) -> str | None:
    """Return the key of the product manager's next question, or None if nothing is open.

    What they were told before counts as well: who has given a date is not asked for one. text: the last
    turn, or all that they were told.
    """
    if len(set(state.insisted) - {CHOICE}) >= MAX_INSISTENCE:
        return None
    for key, entry in reactions().product_manager.items():
        known = _everything(state) if key in KNOWN else _told(state)
        called_for = re.search(entry.after, text, re.IGNORECASE)
        answered = re.search(entry.unless, known, re.IGNORECASE)
        if key not in state.insisted and called_for and not answered:
            return key
    return None


def answers_pushback(state: State, pushback: str) -> bool:
    """Return True if product was told, or has just heard, of the change that their objection is about."""
    told = [reading for reading in state.heard if Act.STAKEHOLDER in reading.acts]
    named = {remedy.id for reading in (*told, state.heard[-1]) for remedy in reading.named}
    return not named.isdisjoint(names_in(pushback))


def told_before(step: Step, session: Session) -> Step:
    """Let the product manager join, who was told something earlier, and ask for what was missing in it."""
    state, out = step
    key = insistence(state, _told(state))
    pushback = session.filled(session.scenario.product.pushback)
    if key:
        asked = reactions().product_manager[key].says[0]
        state = replace(state, insisted=(*state.insisted, key))
    else:
        asked = reactions().content if answers_pushback(state, pushback) else pushback
    return say((state, out), session, "joins_later", asked=asked)


def team_joins(step: Step, session: Session) -> Step:
    """Let the engineers join, and ask for the fix, or ask back if it was explained to them before."""
    state, out = step
    spoken = (e.text for e in state.events if e.who == "candidate" and e.text)
    told = any(TO_TEAM.search(text) for text in spoken)
    pool = reactions().team.told if told else reactions().team.ask
    state = replace(state.enter(Phase.TEAM), turns=int(told))
    return choose((state, out), session, f"team.{'told' if told else 'ask'}", pool)


def engineers(step: Step, session: Session, text: str) -> Step | None:
    """Let one of the engineers ask back once; return None after that."""
    state, _ = step
    if state.turns >= TEAM_TURNS:
        return None
    reading = state.heard[-1]
    quote = next((r.quote for r in reading.proposed), reading.quote(reading.acts[0]) or text)
    return choose(step, session, "team.follow", reactions().team.follow, {"quote": short(quote)})


VISITORS = {Phase.STAKEHOLDER: product_manager, Phase.TEAM: engineers}


def _told(state: State) -> str:
    """Return what the candidate has said to the product manager: messages, and the turns of this part."""
    spoken = [e.text for e in state.events if e.who == "candidate" and e.text]
    messages = (
        text
        for text, reading in zip(spoken, state.heard, strict=False)
        if Act.STAKEHOLDER in reading.acts
    )
    return " ".join([*messages, *spoken[len(spoken) - state.turns :]])


def _everything(state: State) -> str:
    return " ".join(e.text for e in state.events if e.who == "candidate" and e.text)

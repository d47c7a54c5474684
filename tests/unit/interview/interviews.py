"""Fakes for interviews: intents by keyword, and given levels in place of a scorer."""

from harness.interview.dialogue.intent import Intent, Kind
from harness.interview.dialogue.interviewer import Interviewer
from harness.interview.dialogue.moves import Say, Utterance
from harness.interview.scenario.cards import card_ids
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario


def by_words(question):
    """Return the card whose id occurs in the question; "which" is unsure, "cause" is the cause."""
    named = [card for card in card_ids() if card in question.lower()]
    if "cause" in question:
        return Intent(Kind.CAUSE)
    if "everything" in question:
        return Intent(Kind.EVERYTHING)
    if "which" in question.lower():
        return Intent(Kind.UNSURE, ("tokens", "model", "gpu"))
    return Intent(Kind.CARD, (named[0],)) if named else Intent(Kind.OUTSIDE)


def interviewer(name="S01", levels=None, **options):
    """Return an interviewer that finds every gap, unless `levels` says what has been shown."""
    session = Session(scenario(name), options.pop("seed", 1), **options)
    return Interviewer(session, by_words, lambda transcript: levels or {})


def played(one, *texts, every_s=10, state=None):
    """Return (state, moves of each turn) after these turns."""
    state, moves = (state, []) if state else one.begin()
    turns = []
    for text in texts:
        state, moves = one.step(state, Utterance(state.t + every_s, text))
        turns.append(moves)
    return state, turns


def words(moves):
    return " ".join(move.text for move in moves if isinstance(move, Say))

"""Fakes for interviews: turns read by keyword, and given levels in place of a scorer."""

import re

from harness.interview.dialogue.interviewer import Interviewer
from harness.interview.dialogue.moves import Say, Utterance
from harness.interview.listening.numbers import numbers
from harness.interview.reading import Act, Reading, Remedy, Suspect, Unanswered
from harness.interview.scenario.cards import card_ids
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenario

ASIDE = {
    Act.DONT_KNOW: "don't know",
    Act.HINT: "hint",
    Act.REPEAT: "say again",
    Act.DONE: "that's all|done|nothing to add",
    Act.OFF_TOPIC: "hello|you idiot|thanks",
}
REMEDIES = {
    "smaller": "STK-SMALLER",
    "cache": "STK-CACHE",
    "prompt": "STK-PREFILL",
    "database": "STK-ANN",
    "stream": "STK-STREAM",
}
SUSPECTS = {
    "decode dominates": Suspect("decode", "right", "decode dominates", "decode"),
    "network dominates": Suspect("network", "wrong", "network dominates", "network"),
}


def by_words(turn, before=""):
    """Return the reading of a turn: cards, remedies, suspects and asides by their words."""
    text = turn.lower()
    if not re.search(r"\w", text):
        return Reading()
    if act := next((act for act, words in ASIDE.items() if re.search(words, text)), None):
        return Reading((act,), quotes=((act, turn),))
    suspect = next((s for words, s in SUSPECTS.items() if words in text), None)
    if "?" in text:
        return _question(text, suspect)
    named = [
        (word, name) for word, name in REMEDIES.items() if re.search(rf"would.*\b{word}", text)
    ]
    remedies = tuple(Remedy(name, "not" in text, word) for word, name in named)
    act = Act.PROPOSE if remedies else Act.CHALLENGE if "contradict" in text else Act.CLAIM
    quotes = ((act, turn[:60]),)
    return Reading(
        (act,), remedies=remedies, suspect=suspect, numbers=numbers(turn[:200]), quotes=quotes
    )


def _question(text, suspect):
    cards = tuple(card for card in card_ids() if re.search(rf"\b{card}\b", text))[:3]
    acts = (Act.ASK, Act.CLAIM) if suspect else (Act.ASK,)
    if cards:
        return Reading(acts, cards, suspect=suspect)
    if "which" in text:
        return Reading(acts, near=("tokens", "model", "gpu"))
    why = next((u for u in Unanswered if u.value in text), Unanswered.OUTSIDE)
    return Reading(acts, near=("breakdown", "goal"), unanswered=why)


def interviewer(name="S01", levels=None, **options):
    """Return an interviewer that finds every gap, unless `levels` says what has been shown."""
    extra = {"style": options.pop("style")} if "style" in options else {}
    session = Session(scenario(name), options.pop("seed", 1), **options)
    return Interviewer(session, by_words, lambda transcript: levels or {}, **extra)


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

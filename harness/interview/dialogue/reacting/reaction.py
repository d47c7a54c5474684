"""What the interviewer decides to say about a turn, and the words for the remedies in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.interview.dialogue.reacting import case_figures
from harness.interview.dialogue.reacting.turn import Turn
from harness.interview.listening.remedies import remedies
from harness.interview.reading import Remedy, Suspect
from harness.interview.scenario.interview_session import Session

NAME_WORDS = 4  # a longer quote is a sentence, in which a refusal is said already
NO_NAME = re.compile(r"\b(not|i|we|you|it|that)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reaction:
    """A comment and a question, by their keys in `reactions.yaml`, either of which may be missing.

    subject: the remedy or suspect that it is about. quote: the candidate's words. figure: a sentence with a
    figure of the case. number: the candidate's words for a number. doubts: a wrong suspect
    that is to be refuted later. solved: True if the turn named the cause and the interview can go on to
    remedies.
    """

    comment: str | None = None
    question: str | None = None
    subject: str = ""
    quote: str = ""
    figure: str = ""
    number: str = ""
    doubts: Suspect | None = None
    solved: bool = False


def fit(session: Session, remedy: Remedy) -> str:
    """Return how a remedy fits the case; one that the case does not mention is neutral."""
    return session.scenario.remedies.get(remedy.id, "neutral")


def words_for(remedy: Remedy) -> str:
    """Return the candidate's words for a remedy if they are a name, else what it is called."""
    words = re.sub(r"^(no|not|without) ", "", remedy.quote, flags=re.IGNORECASE)
    if len(words.split()) <= NAME_WORDS and not NO_NAME.search(words):
        return words
    return re.sub(r"^(the|a) ", "", remedies()[remedy.id].says)


def words_for_two(of: Sequence[Remedy]) -> str:
    """Return the candidate's words for the first two of several remedies."""
    return " and ".join(words_for(remedy).strip(" .,;:!?") for remedy in of[:2])


def share_elsewhere(turn: Turn, remedy: Remedy) -> str:
    """Return a sentence with the share of the stage that a remedy shortens; "" if it is the cause's."""
    stage = remedies()[remedy.id].touches
    elsewhere = stage and stage != turn.session.scenario.cause.stage
    return case_figures.share(turn.session, stage) if elsewhere else ""

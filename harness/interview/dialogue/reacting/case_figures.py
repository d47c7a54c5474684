"""Figures of the case that the interviewer holds for or against what a candidate says."""

from __future__ import annotations

import re

from harness.interview.content_files import BadContentError
from harness.interview.dialogue.wording import reactions
from harness.interview.reading import Suspect
from harness.interview.scenario.cards import abouts
from harness.interview.scenario.interview_session import Session

STAGES = {  # unless the scenario has another name for it
    "network": "the network",
    "preprocess": "what runs before the search",
    "retrieval": "the search",
    "queue": "waiting before the model starts",
    "prefill": "reading the prompt",
    "decode": "writing the answer",
    "postprocess": "what runs after the last word",
}
NO_TIME = "0 ms"  # says nothing of what a change to the stage would bring
BEFORE_AND_AFTER = (
    "Before that change the mean was {not_renewed.mean.total}, after it {renewed.mean.total}."
)
DOUBT = re.compile(
    r"^\W*(and |but )?who (says|said|claims)\b|"
    r"\b(contradict\w*|(don.?t|doesn.?t|do not|does not|can.?t|cannot) (match|agree|fit|both|be right)|"
    r"add up|inconsisten\w*|doubt|how can|"
    r"why (does|do|did) (product|they|he|she|the pm) (want|say|think|believe)|"
    r"(this|that|it) is wrong|wrong number|already (met|under|below)|"
    r"but (you|the [\w]+|it|they|product) (\w+ )?(said|says|is|was|are|were|told))\b",
    re.IGNORECASE,
)


def share(session: Session, stage: str) -> str:
    """Return how much of the time a stage takes, for the requests that users complain about; "" if none."""
    if session.filled(f"{{felt.mean.{stage}}}") == NO_TIME:
        return ""
    name = session.scenario.labels.get(stage, STAGES[stage])
    text = f"For those who complain, {{felt.mean.{stage}}} of {{felt.mean.total}} on average go into {name}."
    return filled(session, text)


def against(session: Session, suspect: Suspect) -> str:
    """Return the datum that speaks against a wrong suspect; "" if there is none."""
    if suspect.id == "deploy":
        return filled(session, BEFORE_AND_AFTER)
    if suspect.stage and suspect.stage != session.scenario.cause.stage:
        return share(session, suspect.stage)
    return ""


def is_doubt(text: str) -> bool:
    """Return True if a text doubts the data, the goal or what was said, in so many words."""
    return bool(DOUBT.search(text))


def answer(session: Session, challenge: str) -> str:
    """Return the case's answer to a doubt about it."""
    for entry in reactions().challenges:
        if re.search(entry.about, challenge, re.IGNORECASE):
            return filled(session, entry.says)
    of_numbers = bool(re.search(r"\d", challenge))
    return filled(session, reactions().challenge_otherwise[of_numbers])


def instead(near: tuple[str, ...]) -> str:
    """Return what data there are near a question that no card answers."""
    return " or ".join(abouts()[card] for card in near[:2])


def filled(session: Session, template: str) -> str:
    """Return a text with the session's numbers; "" if the case has no such number."""
    try:
        return session.filled(template)
    except BadContentError:
        return ""

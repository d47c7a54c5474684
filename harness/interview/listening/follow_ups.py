"""Bare follow-ups: "What is in there?" asks for the stage that the interviewer has just named."""

from __future__ import annotations

import re

from harness.interview.scenario.scenario import Scenario

# Words of a question that names nothing itself.
BARE = re.compile(
    r"\b(in|inside|into|behind|within|of|about) (there|it|that|this|those|them)\b|"
    r"^\W*(and )?(what.?s )?inside\b|"
    r"\b(that|this) (one|part|step|stage|bit|box|chunk|thing)\b|"
    r"\b(what|why)\b.{0,12}\b(it|that|this|there)\b.{0,12}\b(do|doing|happen\w*|long|consist\w*)\b|"
    r"\b(split|break|open|take|pull) (it|that|this) (down|up|apart|open)\b",
    re.IGNORECASE,
)
MAX_WORDS = 14  # a longer question names what it asks for
# The card that shows the inside of a stage, and how the interviewer may name the stage.
CARD = {
    "network": "network",
    "preprocess": "preprocess",
    "retrieval": "index",
    "queue": "queue",
    "prefill": "tokens",
    "decode": "tokens",
    "postprocess": "postprocess",
}
NAMED = {
    "network": r"network|between user and server",
    "preprocess": r"pre-?process\w*|before the search",
    "retrieval": r"retriev\w*|vector search|the search(?! (begins|starts))|finding passages",
    "queue": r"queue|waiting for the model|before the model starts",
    "prefill": r"prefill|reading the prompt",
    "decode": r"decod\w*|generat\w*|writing the answer",
    "postprocess": r"post-?process\w*|after the last (token|word)",
}


def followed_up(question: str, before: str, scenario: Scenario) -> str | None:
    """Return the card of the one stage that `before` names last, if the question names nothing itself."""
    if not BARE.search(question) or len(question.split()) > MAX_WORDS:
        return None
    for sentence in reversed(re.split(r"[.?!;]\s", before)):
        if stages := _stages(sentence, scenario):
            return CARD[stages[0]] if len(stages) == 1 else None
    return None


def _stages(sentence: str, scenario: Scenario) -> list[str]:
    """Return the stages that a sentence names; the scenario's own name for one may contain another's."""
    own = [s for s, label in scenario.labels.items() if label.lower() in sentence.lower()]
    return own or [s for s in CARD if re.search(rf"\b(?:{NAMED[s]})\b", sentence, re.IGNORECASE)]

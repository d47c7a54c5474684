"""Turns that name nothing themselves: "What is in there?", and "Both, please." after an offer."""

from __future__ import annotations

import re

from harness.interview.listening.turns import parts
from harness.interview.scenario.scenario import Scenario

# Words of a question that names nothing itself.
BARE = re.compile(
    r"\b(in|inside|into|behind|within|of|about) (there|it|that|this|those|them)\b|"
    r"^\W*(and )?(what.?s )?inside\b|"
    r"\b(that|this) (one|part|step|stage|bit|box|chunk|thing)\b|"
    r"\b(what|why)\b.{0,12}\b(it|that|this|there)\b.{0,12}\b(do|doing|happen\w*|long|consist\w*)\b|"
    r"\bwhat\b.{0,8}\b(doing|happens?|happening|goes on|going on|runs?)\b.{0,12}\bthere\b|"
    r"\b(split|break|open|take|pull) (it|that|this) (down|up|apart|open)\b",
    re.IGNORECASE,
)
NEARBY = 2  # parts of the turn before the question, in which the stage may be named
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
    "preprocess": r"pre-?process\w*|before the search|translat\w+|the guard",
    "retrieval": r"retriev\w*|vector search|(?<!before )the search(?! (begins|starts))|finding passages",
    "queue": r"queue|waiting for the model|before the model starts",
    "prefill": r"prefill|reading the prompt",
    "decode": r"decod\w*|generat\w*|writing the answer",
    "postprocess": r"post-?process\w*|after the last (token|word)",
}


# Data that the interviewer offers, and how an offer is taken up.
OFFER = re.compile(
    r"\b(?:shall i|would you like(?: me)? to|do you want(?: me)? to|i can|want to) "
    r"(?:show|give|see|open|look at)\b(?: you)? (?!(?:that|it|this)\b)(?P<data>[^.?!]+)",
    re.IGNORECASE,
)
POLITE = r"(?: (?:please|then|thanks|thank you|one))*"
YES = r"(?:yes|yeah|yep|sure|please(?: do)?|do|go ahead|of course|gladly|i would)"
TAKEN = {
    rf"(?:the )?(?:former|first)(?: of (?:them|the two))?{POLITE}": slice(0, 1),
    rf"(?:the )?(?:latter|last|second)(?: of (?:them|the two))?{POLITE}": slice(-1, None),
    rf"(?:{YES} )?(?:both|all)(?: of (?:them|those))?{POLITE}": slice(None),
}


def taken_up(answer: str, before: str) -> tuple[str, ...]:
    """Return the words for the data that were offered and that a bare answer takes."""
    if not (offer := OFFER.search(before)):
        return ()
    said = " ".join(re.findall(r"\w+", answer.lower()))
    data = tuple(re.split(r",? or |,? and |, ", offer["data"]))
    if len(data) == 1 and re.fullmatch(rf"{YES}(?: {YES})*{POLITE}", said):
        return data
    taken = next((part for pattern, part in TAKEN.items() if re.fullmatch(pattern, said)), None)
    return data[taken] if taken else ()


def followed_up(turn: str, before: str, scenario: Scenario) -> str | None:
    """Return the card of the one stage that was named last, if a turn's question names nothing itself.

    It was named earlier in the turn, or in the interviewer's words `before`.
    """
    *earlier, question = parts(turn) or ("",)
    if not BARE.search(question) or len(question.split()) > MAX_WORDS:
        return None
    for sentence in reversed([*re.split(r"[.?!;]\s", before), *earlier[-NEARBY:], question]):
        if stages := _stages(sentence, scenario):
            return CARD[stages[0]] if len(stages) == 1 else None
    return None


def _stages(sentence: str, scenario: Scenario) -> list[str]:
    """Return the stages that a sentence names; the scenario's own name for one may contain another's."""
    own = [s for s, label in scenario.labels.items() if label.lower() in sentence.lower()]
    return own or [s for s in CARD if re.search(rf"\b(?:{NAMED[s]})\b", sentence, re.IGNORECASE)]

"""What a part of a turn does: the acts that its scores allow, and what they make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from harness.interview.listening.evidence import evidence
from harness.interview.listening.examples import NONE
from harness.interview.reading import Act

# The least score of each act. All limits here are set by hand, on the authors' own turns.
LEAST: Mapping[Act, float] = {
    Act.ASK: -0.2,
    Act.CLAIM: -0.25,
    Act.PROPOSE: -0.25,
    Act.DECIDE: -0.3,
    Act.CHALLENGE: -0.25,
    Act.STAKEHOLDER: -0.2,
    Act.DONT_KNOW: -0.25,
    Act.HINT: -0.3,
    Act.REPEAT: -0.3,
    Act.OFF_TOPIC: -0.25,
    Act.DONE: -0.25,
}
# What a turn does beside the interview; said next to anything else, it is a manner of speaking.
CONTENT = (Act.CLAIM, Act.PROPOSE, Act.DECIDE, Act.CHALLENGE)
ASIDE = (Act.DONT_KNOW, Act.HINT, Act.REPEAT, Act.OFF_TOPIC, Act.DONE)
OFFERS = (Act.PROPOSE, Act.DECIDE)
OFFERED = -0.62  # the least score of an offer; which remedy it is decides more
BLAMES = (Act.CLAIM, Act.CHALLENGE, Act.STAKEHOLDER)
ASKED = 0.0  # the least score of a question beside something else
BLAMED = -0.8  # the least score of what may blame something; what it is decides more
ASKING = re.compile(
    "|".join(evidence().sentence[n] for n in ("question", "question_word", "request")), re.I
)
# What is checked after a change is part of a plan; without a question mark, it asks for no card.
PLAN = re.compile(
    r"\b(measure|check|test|compare|look at)\b.{0,50}\b(again|before and after|with before)\b|"
    r"\b(canary|alert on|roll ?(it )?out)\b",
    re.IGNORECASE,
)
MAX_ACTS = 2  # of one part
BESIDE = 0.1  # by how much more of itself a second act must be sure
CLOSE = 0.45  # how far below a part's best act its second may be
PRODUCT_MANAGER = re.compile(evidence().before["product_manager"])
TO_PRODUCT = 0.3  # in front of the product manager, what may be said to them is


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence or clause: its vector, (d,), and what it does, the likeliest first."""

    text: str
    meaning: np.ndarray
    acts: tuple[Act, ...]
    scores: Mapping[str, float]

    def asks(self, alone: bool) -> bool:
        """Return True if it asks more than it does anything else, or clearly enough.

        alone: it is the whole turn. One of several parts without any sign of a question must be surer: who
        only states something is not asking.
        """
        if Act.ASK not in self.acts:
            return False
        likeliest = self.acts[0] == Act.ASK and (alone or bool(ASKING.search(self.text)))
        return likeliest or self.scores[Act.ASK] >= ASKED

    @property
    def blames(self) -> bool:
        """Return True if it may say where the time goes: it is more of a statement than of anything else."""
        stated = max(self.scores[act] for act in BLAMES)
        first = self.acts[0] if self.acts else Act.ASK
        if first in OFFERS:
            return self.scores[Act.CLAIM] >= OFFERED
        return stated >= BLAMED and first not in (Act.ASK, *ASIDE)

    @property
    def offers(self) -> bool:
        """Return True if it may name a remedy: it is more of an offer than of a question."""
        offered = max(self.scores[act] for act in OFFERS)
        return offered >= OFFERED and offered >= self.scores[Act.ASK] - CLOSE


def to_product(scores: Mapping[str, float], asks: bool) -> dict[str, float]:
    """Return the scores of a part that is said in the presence of the product manager."""
    less = CONTENT if asks else (*CONTENT, Act.ASK)
    moved = {act: scores[act] - TO_PRODUCT for act in less}
    return {**scores, **moved, Act.STAKEHOLDER: scores[Act.STAKEHOLDER] + TO_PRODUCT}


def as_plan(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the scores of a part that says how a change will be checked: it proposes, and asks nothing."""
    return {**scores, Act.ASK: -1.0, Act.PROPOSE: max(scores[Act.PROPOSE], ASKED)}


def likely(scores: Mapping[str, float]) -> Iterator[Act]:
    """Yield the acts of one part, the likeliest first; none for a part that does nothing."""
    ranked = sorted(LEAST, key=lambda act: LEAST[act] - scores[act])
    best = scores[ranked[0]]
    if scores[NONE] > best:
        return
    for number, act in enumerate(ranked[:MAX_ACTS]):
        if number == 0 or (scores[act] >= LEAST[act] + BESIDE and scores[act] >= best - CLOSE):
            yield act

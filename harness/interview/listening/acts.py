"""What a part of a turn does: the acts that its scores allow, and what they make of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.interview.listening.evidence import evidence
from harness.interview.listening.examples import NONE
from harness.interview.reading import Act

# The least score of each act. All limits here are set by hand, on the authors' own turns.
LEAST: Mapping[Act, float] = {
    Act.ASK: -0.35,
    Act.CLAIM: -0.25,
    Act.PROPOSE: -0.25,
    Act.DECIDE: -0.3,
    Act.CHALLENGE: -0.1,
    Act.STAKEHOLDER: -0.1,
    Act.DONT_KNOW: -0.25,
    Act.HINT: -0.3,
    Act.REPEAT: -0.3,
    Act.OFF_TOPIC: -0.4,
    Act.DONE: -0.25,
}
FIRM = 0.0  # the least score of an act beside a surer one of the same turn
# What a turn does beside the interview; said next to anything else, it must be clear.
CONTENT = (Act.CLAIM, Act.PROPOSE, Act.DECIDE, Act.CHALLENGE)
SPOKEN = (Act.DONT_KNOW, Act.HINT, Act.REPEAT)
ASIDE = (*SPOKEN, Act.OFF_TOPIC, Act.DONE)
OFFERS = (Act.PROPOSE, Act.DECIDE)
OFFERED = -0.6  # the least score of an offer; which remedy it is decides more
ASKED = 0.0  # the least score of a question beside something else
BLAMED = -0.45  # the least score of a claim that may blame something; what it is decides more
STATED = 0.4  # by how much more of an offer than of a claim a part may be and still blame something
SAID_ASIDE = 0.2  # the least score of an aside beside anything else
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


Member = tuple[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence or clause: its vector, (d,), and what it does, the likeliest first.

    members: those of an enumeration, each with its vector.
    """

    text: str
    meaning: np.ndarray
    acts: tuple[Act, ...]
    scores: Mapping[str, float]
    members: tuple[Member, ...] = ()

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
        claimed = self.scores[Act.CLAIM]
        stated = claimed >= BLAMED and self._offered - claimed <= STATED
        return stated and self.acts[:1] not in ((act,) for act in (Act.ASK, *ASIDE))

    @property
    def offers(self) -> bool:
        """Return True if it may name a remedy: it is more of an offer than of a question."""
        if self.acts[:1] == (Act.STAKEHOLDER,) and Act.PROPOSE not in self.acts:
            return False
        return self._offered >= max(OFFERED, self.scores[Act.ASK] - CLOSE)

    @property
    def states(self) -> bool:
        """Return True if it is more of a statement than of an offer."""
        return self.scores[Act.CLAIM] >= self._offered

    @property
    def _offered(self) -> float:
        return max(self.scores[act] for act in OFFERS)


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


def together(heard: Sequence[Part], implied: Collection[Act]) -> tuple[Act, ...]:
    """Return what a turn does, in the order of `Act`; a turn that does nothing is off topic.

    implied: acts that follow from what was heard beside the scores. Next to its surest act, a turn does only
    what is firm; an aside next to anything else is a manner of speaking unless it is clear.
    """
    alone, scores = len(heard) == 1, dict.fromkeys(implied, FIRM)
    for part in heard:
        for act in part.acts:
            if act != Act.ASK or part.asks(alone):
                scores[act] = max(scores.get(act, -1.0), part.scores[act])
    surest = max(scores.values(), default=FIRM)
    found = {act for act, score in scores.items() if score >= min(FIRM, surest)}
    if not found.isdisjoint(set(LEAST) - set(ASIDE)):
        found = {a for a in found if a not in ASIDE or (a in SPOKEN and scores[a] >= SAID_ASIDE)}
    elif len(found) > 1:
        found.discard(Act.OFF_TOPIC)
    return tuple(act for act in Act if act in found) or (Act.OFF_TOPIC,)

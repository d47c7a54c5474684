"""What a part of a turn does: the acts that its scores allow, and what they make of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.interview.listening.examples import NONE
from harness.interview.listening.roles import Found
from harness.interview.listening.similarity import Said
from harness.interview.reading import ABOUT, Act, Role

Scores = Mapping[str, float]
# The least score of each act, chosen by cross-validation over voices.
LEAST: Mapping[Act, float] = {
    Act.ASK: -0.12,
    Act.CLAIM: 0.0,
    Act.PROPOSE: -0.12,
    Act.DECIDE: -0.2,
    Act.CHALLENGE: -0.05,
    Act.STAKEHOLDER: -0.17,
    Act.DONT_KNOW: 0.0,
    Act.HINT: -0.3,
    Act.REPEAT: -0.27,
    Act.OFF_TOPIC: -0.2,
    Act.DONE: 0.1,
}
# What a turn does beside the interview; said next to anything else, it must be clear.
SPOKEN = (Act.DONT_KNOW, Act.HINT, Act.REPEAT)
ASIDE = (*SPOKEN, Act.OFF_TOPIC, Act.DONE)
OFFERS = (Act.PROPOSE, Act.DECIDE)
OFFERED = -0.6  # the least score of an offer; which remedy it is decides more
ASKED = -0.3  # the least score of a part that asks, in a turn that does
BLAMED = -0.4  # the least score of a claim that may blame something; what it is decides more
SAID_ASIDE = 0.2  # the least score of an aside beside anything else
# What is checked after a change is part of a plan; without a question mark, it asks for no card.
PLAN = re.compile(
    r"\b(measure|check|test|compare|look at)\b.{0,50}\b(again|before and after|with before)\b|"
    r"\b(canary|alert on|roll ?(it )?out)\b",
    re.IGNORECASE,
)
# A question of choice asks product what counts; it proposes neither of the two.
CHOICE = re.compile(r"\bor\b(?!\s+(so|more|less|something)\b)[^?]*\?\s*$", re.IGNORECASE)
SUGGESTS = re.compile(
    r"\b(we|let.?s|how about|what about|what if|why not|i.?d|i would|perhaps|maybe|suggest|could)\b",
    re.IGNORECASE,
)
# A sentence that gives a reason or an opinion asks for nothing, without a question or a request.
STATES = re.compile(
    r"\b(hence|therefore|thus|which is why|that.?s why|i.?d (put|not|bet)|"
    r"i (do not|don.?t) (buy|take|trust))\b",
    re.IGNORECASE,
)
REQUESTS = re.compile(
    r"\?|\b(show|give|gimme|tell|see|pull|open|need|want|like|have|please)\b|"
    r"\b(what|which|how|when|where|who)(.?s)? (is|are|was|do|does|did|has|have|long|many|much|often)\b",
    re.IGNORECASE,
)
# A question put to oneself may trail off: "What does it cost …".
QUESTION = re.compile(r"\?|^\W*(what|how|who|which|why)\b.*(…|\.\.\.?)\W*$", re.IGNORECASE)
SUPPOSES = re.compile(
    r"\b(isn.?t (it|that|this)|is it not|maybe|perhaps|might|may be|could it|probably|right|no)\b",
    re.IGNORECASE,
)
# What a sentence about a change does not do beside, if it is no question.
NOT_ABOUT = (Act.ASK, Act.CHALLENGE, Act.REPEAT, Act.HINT, Act.OFF_TOPIC)
SURELY_ASKS = 0.0  # the least score of the role of a question that makes a sentence one
MAX_SELF_ANSWERED = 8  # words; a longer question waits for its answer
SELF_ANSWERS = (Role.SAFEGUARD, Role.PRICE, Role.EFFECT, Role.MESSAGE)
CLEARLY_ASKED = 0.2  # the least score of a question that no role overrules
RATHER_OFFERS = 0.5  # by how much more it offers than it claims, for an offer that blames nothing
WONDERS = 0.3  # by how much more it asks than it claims, for a question that blames nothing
NEAR = 0.5  # how far below its limit the only act of a turn may be
CHOOSES = 0.2  # the least score of a question of choice as a question
PLANNED = 0.0  # the least score of a plan as a proposal
MAX_ACTS = 2  # of one part
BESIDE = 0.1  # by how much more of itself a second act must be sure
CLOSE = 0.45  # how far below a part's best act its second may be


@dataclass(frozen=True, slots=True)
class Part:
    """One sentence or clause, or a whole turn, and what it does, the likeliest first.

    role: what it says about a change, if that is clear. about: True if it rather speaks about a change than
    plans or refuses it.
    """

    said: Said
    acts: tuple[Act, ...]
    scores: Mapping[str, float]
    role: Role | None = None
    about: bool = False

    @property
    def text(self) -> str:
        return self.said.text

    @property
    def asks(self) -> bool:
        """Return True if it may ask for something, in a turn that asks."""
        return self.scores[Act.ASK] >= ASKED

    @property
    def blames(self) -> bool:
        """Return True if it may say where the time goes."""
        least = max(BLAMED, self._offered - RATHER_OFFERS)
        return self.scores[Act.CLAIM] >= least and not self._wonders

    @property
    def offers(self) -> bool:
        """Return True if it may name a remedy: if it is more of an offer than of a question."""
        if self.acts[:1] == (Act.STAKEHOLDER,) and Act.PROPOSE not in self.acts:
            return False
        return self._offered >= max(OFFERED, self.scores[Act.ASK] - CLOSE)

    @property
    def states(self) -> bool:
        """Return True if it is more of a statement than of an offer."""
        return self.scores[Act.CLAIM] >= self._offered

    @property
    def _wonders(self) -> bool:
        asks = self.scores[Act.ASK] >= self.scores[Act.CLAIM] + WONDERS
        return asks and not SUPPOSES.search(self.text)

    @property
    def _offered(self) -> float:
        return max(self.scores[act] for act in OFFERS)


def in_form(text: str, scores: Mapping[str, float]) -> Mapping[str, float]:
    """Return the scores as the form of the sentence allows: plans and reasons ask nothing, choices do."""
    if PLAN.search(text) and "?" not in text:
        return as_plan(scores)
    if CHOICE.search(text) and not SUGGESTS.search(text):
        return {**scores, Act.ASK: max(scores[Act.ASK], CHOOSES), Act.PROPOSE: -1.0}
    if STATES.search(text) and not REQUESTS.search(text):
        return {**scores, Act.ASK: -1.0}
    return scores


def in_role(text: str, found: Found, scores: Scores) -> Scores:
    """Return the scores as the role of a sentence allows: words about a change ask and doubt nothing.

    A clear question stays one.
    """
    if found.role == Role.ASK and found.score >= SURELY_ASKS:
        return {**scores, Act.ASK: max(scores[Act.ASK], CHOOSES)}
    if found.role not in (*ABOUT, Role.PLAN, Role.REFUSE) or "?" in text:
        return scores
    excluded = set(NOT_ABOUT) if found.role in ABOUT else {Act.ASK}
    if scores[Act.ASK] >= max(CLEARLY_ASKED, found.score):
        excluded.discard(Act.ASK)
    return {**scores, **dict.fromkeys(excluded, -1.0)}


def answers_itself(part: Part, following: Part) -> bool:
    """Return True if a short question is answered by what follows it: "The cost? Two weeks of mine."."""
    asks = QUESTION.search(part.text) and len(part.text.split()) <= MAX_SELF_ANSWERED
    return bool(asks) and "?" not in following.text and following.role in SELF_ANSWERS


def unasked(part: Part) -> Part:
    """Return the part as one that asks for nothing."""
    acts = tuple(act for act in part.acts if act != Act.ASK)
    return replace(part, acts=acts, scores={**part.scores, Act.ASK: -1.0})


def as_plan(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the scores of a part that says how a change will be checked: it proposes, and asks nothing."""
    return {**scores, Act.ASK: -1.0, Act.PROPOSE: max(scores[Act.PROPOSE], PLANNED)}


def likely(scores: Mapping[str, float]) -> Iterator[Act]:
    """Yield the acts of one part, the likeliest first; none for a part that does nothing."""
    ranked = sorted(LEAST, key=lambda act: LEAST[act] - scores[act])
    best = scores[ranked[0]]
    if scores[NONE] > best:
        return
    for number, act in enumerate(ranked[:MAX_ACTS]):
        if number == 0 or (scores[act] >= LEAST[act] + BESIDE and scores[act] >= best - CLOSE):
            yield act


def together(whole: Part, heard: Sequence[Part], implied: Collection[Act]) -> tuple[Act, ...]:
    """Return what a turn does, in the order of `Act`; a turn that does nothing is off topic.

    An act is as likely as its clearest part and the turn as a whole say on average. implied: acts that follow
    from what was heard beside the scores.
    """
    clearest = {act: max(part.scores[act] for part in heard) for act in LEAST}
    scores = {act: (clearest[act] + whole.scores[act]) / 2 for act in LEAST}
    found = {act for act in LEAST if scores[act] >= LEAST[act]} | set(implied)
    if not found:
        nearest = max(LEAST, key=lambda act: scores[act] - LEAST[act])
        near = scores[nearest] >= max(LEAST[nearest] - NEAR, whole.scores[NONE])
        found = {nearest if near else Act.OFF_TOPIC}
    if not found.isdisjoint(set(LEAST) - set(ASIDE)):
        found = {a for a in found if a not in ASIDE or (a in SPOKEN and clearest[a] >= SAID_ASIDE)}
    elif len(found) > 1:
        found.discard(Act.OFF_TOPIC)
    return tuple(act for act in Act if act in found)

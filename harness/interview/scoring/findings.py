"""Findings in a text: an expectation shown or nearly shown, a misconception stated or taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from harness.interview.scoring.sentences import Place, Sentence


class Level(IntEnum):
    """How well an expectation is shown; ordered."""

    ABSENT = 0
    MENTION = 1
    APPLIED = 2
    EXPLAINED = 3

    @property
    def credit(self) -> float:
        """Return the credit out of one point: under half for a name, not all for a use without its reason."""
        return (0.0, 0.4, 0.7, 1.0)[self]


class Loss(StrEnum):
    """Reasons why a finding earned nothing, or less."""

    NEGATED = "it is denied in this sentence"
    WRONG_WAY = "the sentence says the contrary"
    QUESTION = "it is asked about, not proposed"
    LIST = "it is one name in a list"
    COPIED = "these words were said or written by somebody else"
    META = "the sentence is about the scoring"
    OFF_TOPIC = "the sentence is about something else"
    CLOSE = "the sentence is about it, and does not quite say it"
    UNSAID = "the sentence is about it, and does not speak for it"
    SECOND_OPINION = "a chat model found it here; the offline scorer found it close"
    NAMED = "it is named without mechanism, condition or cost"
    UNGROUNDED = "its numbers are on no card that was opened"
    ASSISTED = "it came after a hint"


# The clarity from which a quote is shown without "perhaps". On other authors' answers than those on which it
# was chosen, 97 of 100 such quotes carried their idea for another reader (n = 236), of the others 82.
SURE = 14.0


@dataclass(frozen=True, slots=True)
class Finding:
    """An expectation in a sentence.

    Level ABSENT is a near miss. loss: why it earned nothing, or less than it might. by_list: True if it is
    one name in a list. deed: what was done, if not the words but the deed shows it; the sentence is then the
    one that did it, or empty. clarity: how clearly its sentence says it, from the classifier; 0 if unknown.
    """

    expectation: str
    level: Level
    sentence: Sentence
    loss: Loss | None = None
    by_list: bool = False
    deed: str = ""
    clarity: float = 0.0

    @property
    def sure(self) -> bool:
        """Return True if the quoted words, or a deed, clearly show the idea; else a reader may differ."""
        return bool(self.deed) or self.clarity >= SURE

    @property
    def order(self) -> tuple[int, bool, int, float, int, int]:
        """Return a sort key: highest level, words before deeds, fewest sentences, clearest, earliest."""
        sentence = self.sentence
        return -self.level, bool(self.deed), sentence.n_sentences, -self.clarity, *sentence.place


@dataclass(frozen=True, slots=True)
class Mistake:
    """A misconception in a sentence.

    sentence: the last that states it. repaired: a later sentence takes it back. said: all sentences that
    state it.
    """

    misconception: str
    sentence: Sentence
    repaired: bool = False
    said: tuple[Sentence, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Return the places of all sentences that state it."""
        return tuple(s.place for s in self.said or (self.sentence,))


def best(findings: Iterable[Finding]) -> dict[str, Finding]:
    """Return the best finding of each expectation that is shown, by expectation id."""
    # From worst to best: the last entry of an expectation replaces the others.
    ranked = sorted((f for f in findings if f.level), key=lambda f: f.order, reverse=True)
    return {finding.expectation: finding for finding in ranked}

"""What was found in a text: an expectation shown, or nearly; a misconception said, or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from harness.interview.scoring.sentences import Sentence


class Level(IntEnum):
    """How well an expectation is shown; ordered."""

    ABSENT = 0
    MENTION = 1
    APPLIED = 2
    EXPLAINED = 3

    @property
    def credit(self) -> float:
        """Of one point: a name alone is less than half, a use without its reason is not all."""
        return (0.0, 0.4, 0.7, 1.0)[self]


class Loss(StrEnum):
    """Why something near to an expectation earned nothing, or less."""

    NEGATED = "it is denied in this sentence"
    WRONG_WAY = "the sentence says the contrary"
    QUESTION = "it is asked about, not proposed"
    LIST = "it is one name in a list"
    COPIED = "these words were said or written by somebody else"
    META = "the sentence is about the scoring"
    ELSEWHERE = "the sentence is about something else"
    CLOSE = "the sentence is about it, and does not quite say it"
    UNSAID = "the sentence is about it, and does not speak for it"
    SECOND_OPINION = "a chat model found it here; the offline scorer found it close"
    NAMED = "it is named without mechanism, condition or cost"
    UNGROUNDED = "its numbers are on no card that was opened"
    ASSISTED = "it came after a hint"


@dataclass(frozen=True, slots=True)
class Finding:
    """An expectation in a sentence. level ABSENT: a near miss, and loss says why."""

    expectation: str
    level: Level
    sentence: Sentence
    loss: Loss | None = None
    by_list: bool = False

    @property
    def order(self) -> tuple[int, int, int, int]:
        """Best first, then in the fewest sentences, then first said."""
        where = self.sentence
        return (-self.level, where.pieces, where.turn, where.start)


@dataclass(frozen=True, slots=True)
class Mistake:
    """A misconception in a sentence; repaired when a later sentence takes it back.

    sentence: where it was said last; said: everywhere that it was.
    """

    misconception: str
    sentence: Sentence
    repaired: bool = False
    said: tuple[Sentence, ...] = ()

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Turn and start of every sentence that says it."""
        return tuple((one.turn, one.start) for one in self.said or (self.sentence,))

"""Systematic, as it shows in what was done: what was asked and opened, in which order.

A list learned by heart passes for knowledge; it does not open the card that gives this scenario away, nor
quote the numbers on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import Event, Transcript
from harness.interview.scoring.findings import Finding, Level
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.sentences import Sentence

BEHAVIOUR = 0.6  # its share of Systematic; words are the rest
FEW_IRRELEVANT = 5  # opened cards that neither show the stages nor the cause: more is fishing
SHOTGUN_FREE, SHOTGUN = 2, 0.1  # remedies that do not fit this cause: two are free, then each costs
NOT_SEEN = 2  # the most for who has not looked, or not named what there was to see


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to be done, whether it was, and how much it counts."""

    name: str
    says: str
    passed: bool
    weight: float


@dataclass(frozen=True)
class Conduct:
    """A transcript beside its case and what was found in its words; findings' turns index `spoken`."""

    transcript: Transcript
    case: CaseFile
    spoken: Sequence[Event]  # the candidate's turns, in order
    sentences: Sequence[Sentence]
    found: Sequence[Finding]
    guards: Guards

    @property
    def checks(self) -> tuple[Check, ...]:
        """What is looked at, in the order of a good interview."""
        remedy = self._first("STK-")
        opened = self._opened()
        breakdown = self._first_open(self.case.breakdown_cards)
        revealing = self._first_open(self.case.revealing_cards)
        irrelevant = [c for c in opened if c not in self._relevant]
        asked = self._first("SYS-TARGET")
        guessed = self._first("SYS-HYPOTHESIS")
        last_open = max((line for line in opened.values()), default=-1)
        return (
            Check("target", "asked what the target means before fixing", asked < remedy, 1),
            Check("breakdown", "opened the breakdown before a remedy", breakdown < remedy, 2),
            Check("revealing", "opened a card that shows the cause", revealing < LATE, 2),
            Check("cause", "named the true cause after seeing it", self.cause_named, 3),
            Check("hypothesis", "said a hypothesis before a request", guessed < last_open, 1),
            Check(
                "focus",
                "opened few cards that do not matter",
                bool(opened) and len(irrelevant) <= FEW_IRRELEVANT,
                1,
            ),
            Check("numbers", "quoted numbers that were on the cards", self._quotes_cards, 1),
            Check(
                "verify",
                "named a measurement after the fix",
                self._first("SYS-REMEASURE") < LATE,
                1,
            ),
        )

    @property
    def share(self) -> float:
        """Passed weight over all weight, less what a shotgun of remedies costs; 0 to 1."""
        checks = self.checks
        passed = sum(c.weight for c in checks if c.passed) / sum(c.weight for c in checks)
        return max(0.0, passed - SHOTGUN * max(0, self._unfit - SHOTGUN_FREE))

    @property
    def cause_named(self) -> bool:
        """True when the true cause is said, after a card that shows it."""
        seen = self._first_open(self.case.revealing_cards)
        terms = [re.compile(term, re.IGNORECASE) for term in self.case.cause_terms]
        return any(
            (found := term.search(sentence.text))
            and not self.guards.negated(sentence.text, found.span())
            for sentence in self.sentences
            if self.spoken[sentence.turn].line > seen and not sentence.is_question
            for term in terms
        )

    def score(self, words: int) -> int:
        """Systematic, 1 to 4, where `words` is the score of what was said."""
        done = 1 + 3 * self.share
        value = int((1 - BEHAVIOUR) * words + BEHAVIOUR * done + 0.5)
        looked = self._first_open(self.case.revealing_cards) < LATE and self.cause_named
        return min(value, 4 if looked else NOT_SEEN)

    @property
    def _relevant(self) -> frozenset[str]:
        return self.case.revealing_cards | self.case.breakdown_cards

    @property
    def _quotes_cards(self) -> bool:
        opened = self.transcript.opened
        return any(grounded(s.text, self.case, opened) for s in self.sentences)

    @property
    def _unfit(self) -> int:
        proposed = {f.expectation for f in self.found if f.level >= Level.APPLIED}
        fits = {one for one, fit in self.case.remedies.items() if fit in ("fixes", "helps")}
        return len([one for one in proposed - fits if one.startswith("STK-")]) if fits else 0

    def _opened(self) -> dict[str, int]:
        """Known cards that were opened, with the line of the first time."""
        lines: dict[str, int] = {}
        for event in self.transcript.events:
            if event.open_card in self.case.card_numbers:
                lines.setdefault(event.open_card, event.line)
        return lines

    def _first_open(self, cards: frozenset[str]) -> int:
        return min((line for card, line in self._opened().items() if card in cards), default=LATE)

    def _first(self, prefix: str) -> int:
        """The line where an expectation, or one of a family, is first shown."""
        lines = (
            self.spoken[f.sentence.turn].line
            for f in self.found
            if f.level and f.expectation.startswith(prefix)
        )
        return min(lines, default=LATE)


LATE = 10**9  # a line that never comes

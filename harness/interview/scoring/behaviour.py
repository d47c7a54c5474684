"""Scoring of the candidate's actions for Systematic: what was asked and opened, and in which order.

A memorised answer reads like knowledge. It does not open the card that shows the cause of this scenario, nor
quote the numbers on that card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.interview.reading import Reading
from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.transcript import Event, Transcript
from harness.interview.scoring.findings import Finding, Level
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.sentences import Sentence

BEHAVIOUR = 0.6  # weight of actions in Systematic; the rest is the score of the text
MAX_IRRELEVANT = 5  # opened cards that show neither the stages nor the cause; more is fishing
FREE_REMEDIES = 2  # remedies that do not fit the cause and cost nothing
REMEDY_COST = 0.1  # of the share of passed checks, for each further one
MAX_UNSEEN = 2  # highest score without opening a revealing card and then naming the cause
NEVER = 10**9  # line number of an event that did not happen


@dataclass(frozen=True, slots=True)
class Check:
    """One expected action, whether it was done, and its weight."""

    name: str
    says: str
    passed: bool
    weight: float


@dataclass(frozen=True)
class Conduct:
    """A transcript with its case and the findings in its text.

    spoken: the candidate's turns in order, readings: how they were heard; the turn of a sentence or finding
    is an index into it.
    """

    transcript: Transcript
    case: CaseFile
    spoken: Sequence[Event]
    sentences: Sequence[Sentence]
    findings: Sequence[Finding]
    guards: Guards
    readings: Sequence[Reading] = ()

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return the checks, in the order of a good interview."""
        remedy = self._first("STK-")
        opened = self._opened()
        breakdown = self._first_open(self.case.breakdown_cards)
        revealing = self._first_open(self.case.revealing_cards)
        irrelevant = [card for card in opened if card not in self._relevant]
        target = self._first("SYS-TARGET")
        hypothesis = self._first("SYS-HYPOTHESIS")
        remeasure = self._first("SYS-REMEASURE")
        last_open = max(opened.values(), default=-1)
        focused = bool(opened) and len(irrelevant) <= MAX_IRRELEVANT
        return (
            Check("target", "asked what the target means before fixing", target < remedy, 1),
            Check("breakdown", "opened the breakdown before a remedy", breakdown < remedy, 2),
            Check("revealing", "opened a card that shows the cause", revealing < NEVER, 2),
            Check("cause", "named the true cause after seeing it", self.cause_named, 3),
            Check(
                "hypothesis", "stated a hypothesis before opening a card", hypothesis < last_open, 1
            ),
            Check("focus", "opened few irrelevant cards", focused, 1),
            Check("numbers", "quoted numbers from opened cards", self._quotes_cards, 1),
            Check("verify", "named a measurement after the fix", remeasure < NEVER, 1),
        )

    @property
    def share(self) -> float:
        """Return passed weight over total weight, less the cost of unfit remedies; 0 to 1."""
        checks = self.checks
        passed = sum(c.weight for c in checks if c.passed) / sum(c.weight for c in checks)
        return max(0.0, passed - REMEDY_COST * max(0, self._unfit_remedies - FREE_REMEDIES))

    @property
    def cause_named(self) -> bool:
        """Return True if the true cause is stated after a card that shows it was opened."""
        seen = self._first_open(self.case.revealing_cards)
        terms = [re.compile(term, re.IGNORECASE) for term in self.case.cause_terms]
        return self._heard_right(seen) or any(
            (match := term.search(sentence.text))
            and not self.guards.negated(sentence.text, match.span())
            for sentence in self.sentences
            if self.spoken[sentence.turn].line > seen and not sentence.is_question
            for term in terms
        )

    def _heard_right(self, seen: int) -> bool:
        """Return True if the interviewer has heard the cause in a turn after line `seen`."""
        turns = zip(self.spoken, self.readings, strict=False)
        return any(turn.line > seen and reading.cause == "right" for turn, reading in turns)

    def score(self, text_score: int) -> int:
        """Return the score for Systematic, 1 to 4, given the score of the text alone."""
        behaviour = 1 + 3 * self.share
        rounded = int((1 - BEHAVIOUR) * text_score + BEHAVIOUR * behaviour + 0.5)
        looked = self._first_open(self.case.revealing_cards) < NEVER and self.cause_named
        return min(rounded, 4 if looked else MAX_UNSEEN)

    @property
    def _relevant(self) -> frozenset[str]:
        return self.case.revealing_cards | self.case.breakdown_cards

    @property
    def _quotes_cards(self) -> bool:
        opened = self.transcript.opened
        return any(grounded(s.text, self.case, opened) for s in self.sentences)

    @property
    def _unfit_remedies(self) -> int:
        proposed = {f.expectation for f in self.findings if f.level >= Level.APPLIED}
        fits = {name for name, fit in self.case.remedies.items() if fit in ("fixes", "helps")}
        return sum(name.startswith("STK-") for name in proposed - fits) if fits else 0

    def _opened(self) -> dict[str, int]:
        """Return the line at which each card of the scenario was first opened."""
        lines: dict[str, int] = {}
        for event in self.transcript.events:
            if event.open_card in self.case.card_numbers:
                lines.setdefault(event.open_card, event.line)
        return lines

    def _first_open(self, cards: frozenset[str]) -> int:
        """Return the line at which the first of `cards` was opened, or NEVER."""
        return min((line for card, line in self._opened().items() if card in cards), default=NEVER)

    def _first(self, prefix: str) -> int:
        """Return the first line that shows an expectation whose id begins with `prefix`, or NEVER."""
        lines = (
            self.spoken[f.sentence.turn].line
            for f in self.findings
            if f.level and f.expectation.startswith(prefix)
        )
        return min(lines, default=NEVER)

"""Scoring of the candidate's actions for Systematic: what was asked and opened, and in which order.

A memorised answer reads like knowledge. It does not open the card that shows the cause of this scenario, nor
quote the numbers on that card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from harness.interview.scoring.deeds import first_remedy
from harness.interview.scoring.findings import Finding, Level
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.heard import NEVER, Heard

BEHAVIOUR = 0.6  # weight of actions in Systematic; the rest is the score of the text
MAX_IRRELEVANT = 5  # opened cards that show neither the stages nor the cause; more is fishing
FREE_REMEDIES = 2  # remedies that do not fit the cause and cost nothing
REMEDY_COST = 0.1  # of the share of passed checks, for each further one
MAX_UNSEEN = 2  # highest score without opening a revealing card and then naming the cause


class Expected(NamedTuple):
    """An action of a good interview. shows: the expectation whose sentence does it."""

    says: str
    weight: float
    shows: str


# In the order of a good interview.
CHECKS = {
    "target": Expected("asked what the target means before fixing", 1, "SYS-TARGET"),
    "breakdown": Expected(
        "opened the time per stage, or a card that shows the cause, before a remedy",
        2,
        "SYS-MEASURE",
    ),
    "revealing": Expected("opened a card that shows the cause", 2, "SYS-HYPOTHESIS"),
    "cause": Expected("named the true cause after seeing it", 3, "SYS-BREAKDOWN"),
    "hypothesis": Expected("stated a hypothesis before opening a card", 1, "SYS-HYPOTHESIS"),
    "focus": Expected("opened few irrelevant cards", 1, "SYS-HYPOTHESIS"),
    "numbers": Expected("quoted numbers from opened cards", 1, "SYS-BREAKDOWN"),
    "verify": Expected("named a measurement after the fix", 1, "SYS-REMEASURE"),
}


@dataclass(frozen=True, slots=True)
class Check:
    """One expected action, and whether it was done."""

    name: str
    passed: bool

    @property
    def says(self) -> str:
        """Return the action, as the scorecard says it."""
        return CHECKS[self.name].says

    @property
    def weight(self) -> float:
        """Return its weight among the checks."""
        return CHECKS[self.name].weight


@dataclass(frozen=True)
class Conduct:
    """An interview about a known case, with the findings in its text."""

    heard: Heard
    findings: Sequence[Finding]
    guards: Guards

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Return the checks, in the order of a good interview."""
        heard, case = self.heard, self.heard.case
        remedy = first_remedy(heard, self.findings)
        opened = heard.opened
        breakdown = heard.first_open(case.breakdown_cards)
        revealing = heard.first_open(case.revealing_cards)
        irrelevant = opened.keys() - case.revealing_cards - case.breakdown_cards
        guessed = min(self._first("SYS-HYPOTHESIS"), self._first_suspect)
        passed = {
            "target": self._first("SYS-TARGET") < remedy,
            "breakdown": min(breakdown, revealing) < remedy,
            "revealing": revealing < NEVER,
            "cause": self.cause_named,
            "hypothesis": guessed < max(opened.values(), default=-1),
            "focus": bool(opened) and len(irrelevant) <= MAX_IRRELEVANT,
            "numbers": self._quotes_cards,
            "verify": self._first("SYS-REMEASURE") < NEVER,
        }
        return tuple(Check(name, passed[name]) for name in CHECKS)

    @property
    def penalty(self) -> float:
        """Return the cost of unfit remedies, as a share of the checks' weight."""
        return REMEDY_COST * max(0, self._unfit_remedies - FREE_REMEDIES)

    @cached_property
    def cause_named(self) -> bool:
        """Return True if the true cause is stated after a card that shows it was opened."""
        return names_cause(self.heard, self.guards, self.heard.first_open(self._revealing))

    def score(self, text_score: int, assumed: frozenset[str] = frozenset()) -> int:
        """Return the score for Systematic, 1 to 4, given the score of the text alone.

        assumed: names of checks that are taken as passed.
        """
        passed = {c.name for c in self.checks if c.passed} | assumed
        weight = sum(c.weight for c in self.checks if c.name in passed)
        share = max(0.0, weight / sum(c.weight for c in self.checks) - self.penalty)
        rounded = int((1 - BEHAVIOUR) * text_score + BEHAVIOUR * (1 + 3 * share) + 0.5)
        return min(rounded, 4 if passed >= {"revealing", "cause"} else MAX_UNSEEN)

    @property
    def _revealing(self) -> frozenset[str]:
        return self.heard.case.revealing_cards

    @property
    def _quotes_cards(self) -> bool:
        heard = self.heard
        return any(grounded(s.text, heard.case, heard.opened) for s in heard.sentences)

    @property
    def _unfit_remedies(self) -> int:
        fits = self.heard.case.fitting("fixes", "helps")
        proposed = {f.expectation for f in self.findings if f.level >= Level.APPLIED}
        return sum(name.startswith("STK-") for name in proposed - fits) if fits else 0

    @property
    def _first_suspect(self) -> int:
        """Return the line of the first turn that blames something, or NEVER."""
        turns = zip(self.heard.lines, self.heard.readings, strict=False)
        return min((line for line, reading in turns if reading.suspect), default=NEVER)

    def _first(self, prefix: str) -> int:
        """Return the first line that shows an expectation whose id begins with `prefix`, or NEVER."""
        lines = (
            self.heard.lines[f.sentence.turn]
            for f in self.findings
            if f.level and not f.deed and f.expectation.startswith(prefix)
        )
        return min(lines, default=NEVER)


def names_cause(heard: Heard, guards: Guards, after: int = -1) -> bool:
    """Return True if the case's cause is stated, in an interview after line `after`."""
    lines = heard.lines or (0,) * len(heard.passages)
    turns = zip(lines, heard.readings, strict=False)
    if any(line > after and reading.cause == "right" for line, reading in turns):
        return True
    terms = [re.compile(term, re.IGNORECASE) for term in heard.case.cause_terms]
    return any(
        (match := term.search(sentence.text)) and not guards.negated(sentence.text, match.span())
        for sentence in heard.sentences
        if lines[sentence.turn] > after and not sentence.is_question
        for term in terms
    )

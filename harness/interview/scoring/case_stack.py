"""The stack dimension of a case: what counts are the remedies that fit its cause, and what is left out.

Naming the four remedies that everybody knows is no knowledge of this service. Its core is a remedy that
removes the cause; refusing what does not touch it, or does harm, is worth as much as naming what helps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.interview.reading import Remedy
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.heard import Heard

REFUSED = (Loss.NEGATED, Loss.WRONG_WAY)
TIED_WORDS = 7  # fewer words do not say how a remedy works
SOME = 1.1  # credit for a 2 without a fix
FIT, TOGETHER = 0.7, 2.0  # credit of the fix, and of all that fits or is left out, for a 3
MORE, LEFT_OUT = 4.0, 0.7  # credit of all, and of what is left out, for a 4
FIX, LEAVE = "FIX", "LEAVE"  # ideas of a case, as in content/next_time.yaml
FREE_UNFIT = 2  # remedies that do nothing here and cost nothing; more is a shotgun


@dataclass(frozen=True)
class CaseStack:
    """What was said about the remedies of a case. shown: the best findings; findings: all of them."""

    heard: Heard
    guards: Guards
    shown: Mapping[str, Finding]
    findings: Sequence[Finding]

    def score(self, wrong: bool, assumed: frozenset[str] = frozenset()) -> int:
        """Return the score, 1 to 4. wrong: True if a misconception about the stack stands.

        assumed: ids that are taken as explained; FIX and LEAVE stand for any fix and any refusal.
        """
        fix = 1.0 if FIX in assumed else self.fix
        left_out = self.left_out + (LEAVE in assumed)
        total = fix + self.helping + left_out + len(assumed - {FIX, LEAVE})
        if fix < FIT and total < SOME:
            return 1
        if fix < FIT or total < TOGETHER or wrong or self.harmful or len(self.unfit) > FREE_UNFIT:
            return 2
        return 4 if total >= MORE and left_out >= LEFT_OUT else 3

    @cached_property
    def fix(self) -> float:
        """Return the credit of the best remedy that removes the cause."""
        return max(self._fixes, default=0.0)

    @cached_property
    def helping(self) -> float:
        """Return the credit of all other remedies that fit."""
        helps = sum(map(self._credit, self.heard.case.fitting("helps")))
        return helps + sum(self._fixes[1:])

    @cached_property
    def left_out(self) -> float:
        """Return the credit of the unfit remedies that were refused."""
        unfit = self.heard.case.fitting("neutral", "harmful")
        return Level.APPLIED.credit * len([name for name in unfit if name in self.refused])

    @cached_property
    def harmful(self) -> frozenset[str]:
        """Return the remedies that were proposed and do harm here."""
        return self._proposed("harmful")

    @cached_property
    def unfit(self) -> frozenset[str]:
        """Return the remedies that were proposed and do nothing here."""
        return self._proposed("neutral")

    @cached_property
    def refused(self) -> frozenset[str]:
        """Return the remedies that were refused."""
        heard = {name for name, remedy in self.heard.remedies.items() if remedy.refused}
        denied = {f.expectation for f in self.findings if f.loss in REFUSED}
        return frozenset(heard | (denied - self.shown.keys()))

    @cached_property
    def _fixes(self) -> list[float]:
        return sorted(map(self._credit, self.heard.case.fitting("fixes")), reverse=True)

    def _proposed(self, fit: str) -> frozenset[str]:
        names = self.heard.case.fitting(fit) - self.refused
        return frozenset(n for n in names if self._credit(n) >= Level.APPLIED.credit)

    def _credit(self, name: str) -> float:
        if name in self.refused:
            return 0.0
        remedy, finding = self.heard.remedies.get(name), self.shown.get(name)
        written = 0.0 if finding is None or finding.by_list else finding.level.credit
        return max(written, self._heard_credit(remedy) if remedy else 0.0)

    def _heard_credit(self, remedy: Remedy) -> float:
        """Return the credit of a remedy that the listener heard: explained if it is tied to the case."""
        said = next((s for s in self.heard.sentences if remedy.quote in s.text), None)
        tied = said and len(said.words) >= TIED_WORDS and self.guards.says("tied", said.text)
        return (Level.EXPLAINED if tied else Level.APPLIED).credit

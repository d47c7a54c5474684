"""The stack dimension of a case: what counts are the remedies that fit its cause, and what is left out.

Naming the four remedies that everybody knows is no knowledge of this service. Its core is a remedy that
removes the cause; refusing what does not touch it, or does harm, is worth as much as naming what helps. A 3
needs what the remedy brings, in time, or what is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.interview.reading import Remedy
from harness.interview.scoring.deeds import after
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.grounding import quoted, times
from harness.interview.scoring.guards import Guards
from harness.interview.scoring.heard import Heard

REFUSED = (Loss.NEGATED, Loss.WRONG_WAY)
TIED_WORDS = 7  # fewer words do not say how a remedy works
SOME = 1.0  # credit for a 2 without a fix
FIT, TOGETHER = 0.7, 1.0  # credit of the fix, and of all that fits or is left out, for a 3
MORE, LEFT_OUT = 4.0, 0.7  # credit of all, and of what is left out, for a 4
FIX, LEAVE = "FIX", "LEAVE"  # ideas of a case, as in content/next_time.yaml
FREE_UNFIT = 2  # remedies that do nothing here, proposed without a reason; more is a shotgun


@dataclass(frozen=True)
class CaseStack:
    """What was said about the remedies of a case.

    shown: the best findings. findings: all of them, but for sentences that state a misconception.
    """

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
        total = fix + self.helping + left_out + sum(map(_is_remedy, assumed))
        if fix < FIT and (total < SOME or wrong):
            return 1
        brings = FIX in assumed or self.brings
        advances = fix >= FIT and total >= TOGETHER and (brings or left_out >= LEFT_OUT)
        if not advances or wrong or self.limit:
            return 2
        return 4 if brings and total >= MORE and left_out >= LEFT_OUT else 3

    @cached_property
    def limit(self) -> str | None:
        """Return why the score cannot be above 2, whatever else was said; None if it can."""
        if self.harmful:
            return f"{self._named(self.harmful)} would do harm here"
        if len(self.unfit) > FREE_UNFIT:
            return f"{self._named(self.unfit)} would do nothing here"
        return None

    def _named(self, remedies: frozenset[str]) -> str:
        return ", ".join(self.heard.case.names.get(name, name) for name in sorted(remedies))

    @cached_property
    def brings(self) -> bool:
        """Return True if it is said, in time, what a remedy that fits brings, or what it leaves."""
        floor = self.shown.get("SYS-FLOOR")
        if floor and floor.level >= Level.APPLIED:
            return True
        fits = self.heard.case.fitting("fixes", "helps")
        return any(
            times(quoted(sentence.text))
            for turn, reading in enumerate(self.heard.readings)
            for remedy in reading.proposed
            if remedy.id in fits
            for sentence in after(self.heard.passages[turn].sentences, remedy.quote)
        )

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
        fits = self.heard.case.fitting("fixes", "helps")
        return Level.APPLIED.credit * len(self.refused - fits)

    @cached_property
    def harmful(self) -> frozenset[str]:
        """Return the remedies that were proposed and do harm here."""
        return self._proposed("harmful", Level.EXPLAINED)

    @cached_property
    def unfit(self) -> frozenset[str]:
        """Return the remedies that were proposed without a reason and do nothing here."""
        return self._proposed("neutral", Level.APPLIED)

    @cached_property
    def refused(self) -> frozenset[str]:
        """Return the remedies that were refused."""
        heard = {name for name, remedy in self.heard.remedies.items() if remedy.refused}
        denied = {
            f.expectation for f in self.findings if f.loss in REFUSED and _is_remedy(f.expectation)
        }
        return frozenset(heard | (denied - self.shown.keys()))

    @cached_property
    def _fixes(self) -> list[float]:
        return sorted(map(self._credit, self.heard.case.fitting("fixes")), reverse=True)

    def _proposed(self, fit: str, highest: Level) -> frozenset[str]:
        """Return what the listener, too, heard as a proposal: to accuse wrongly is worse than to miss."""
        offered = {r.id for reading in self.heard.readings for r in reading.proposed}
        names = self.heard.case.fitting(fit) & (offered - self.refused)
        credit = {n: self._written(n) if _is_remedy(n) else self._credit(n) for n in names}
        return frozenset(n for n in names if Level.APPLIED.credit <= credit[n] <= highest.credit)

    def _credit(self, name: str) -> float:
        if name in self.refused:
            return 0.0
        remedy = self.heard.remedies.get(name)
        return max(self._written(name), self._heard_credit(remedy) if remedy else 0.0)

    def _written(self, name: str) -> float:
        """Return the credit of what the words of an idea show."""
        finding = self.shown.get(name)
        return 0.0 if finding is None or finding.by_list else finding.level.credit

    def _heard_credit(self, remedy: Remedy) -> float:
        """Return the credit of a remedy that the listener heard: explained if it is tied to the case."""
        said = next((s for s in self.heard.sentences if remedy.quote in s.text), None)
        tied = said and len(said.words) >= TIED_WORDS and self.guards.says("tied", said.text)
        return (Level.EXPLAINED if tied else Level.APPLIED).credit


def _is_remedy(idea: str) -> bool:
    return idea.startswith("STK-")

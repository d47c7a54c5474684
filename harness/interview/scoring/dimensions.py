"""The fourth step of scoring: four dimensions, 1 little or nothing, 2 partial, 3 advance, 4 outstanding.

The core expectations decide first: with one of them missing, or with a standing misconception about one, a
dimension scores at most 2. About a case, the core of the stack is what the case needs (`case_stack`), that of
Systematic is its cause, and an interview's Systematic is mostly what was done (`behaviour`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.interview.scoring.behaviour import CHECKS, Check, Conduct, names_cause
from harness.interview.scoring.case_stack import CaseStack
from harness.interview.scoring.deeds import diagnosed, used
from harness.interview.scoring.findings import Finding, Level, Loss, best
from harness.interview.scoring.heard import Heard
from harness.interview.scoring.rubric import DIMENSIONS, Expectation, Rubric
from harness.interview.scoring.shown import Evidence
from harness.interview.scoring.use_of_case import OFF_TOPIC, RECITED, off_topic, recited

LIST_CREDIT = 0.25  # maximum credit of all names in all lists together
NEAR_CREDIT = 0.2  # of a core idea that a sentence is about and does not quite say
RECITED_DIMENSIONS = ("systematic", "tradeoffs")
NOT_INSTALLED = "the scenario is not installed here, so that nothing could be checked"
STANDS = "a misconception about its core was not taken back"
NOTHING: frozenset[str] = frozenset()
# Whoever asks for the time per stage has measured, and whoever traces a request sees its stages.
LOOKED = ("SYS-MEASURE", "SYS-BREAKDOWN")
PRICES = (
    "TRD-COST",
    "TRD-MONEY",
)  # money is a price, too; whoever names another one as well gets more
# Who speaks to product in an interview says what cannot be, or offers a choice; either is the core.
TOLD = ("COM-CHOICE", "COM-EXPECT")
# Beside a price, an interview's trade-offs need one of these; an answer in one piece needs the options.
WEIGHED = ("TRD-OPTIONS", "TRD-QUALITY", "TRD-RULE")
CAUSE = "cause"  # name of the check, and of the idea that an answer about a case needs


@dataclass(frozen=True, slots=True)
class Bar:
    """The credit that a dimension requires for each score.

    some: total credit for a 2. solid, more: credit beyond the core expectations for a 3 and for a 4.
    core: mean credit of the core expectations for a 3. named: True if mentions alone are enough for a 2.
    """

    some: float
    solid: float
    more: float
    core: float = 0.7
    named: bool = False


BARS = {
    "systematic": Bar(some=0.7, solid=0.7, more=1.4),
    "stack": Bar(some=1.1, solid=0.4, more=1.0, core=0.5, named=True),
    "tradeoffs": Bar(some=0.7, solid=0.7, more=1.0),
    "stakeholders": Bar(some=0.7, solid=0.7, more=1.4),
}


# About a case, its cause with a number brings much of Systematic at once, and a price named in a few words is
# a partial answer, as few remedies fit.
CASE_BARS = BARS | {
    "systematic": Bar(some=0.7, solid=0.7, more=3.3),
    "tradeoffs": Bar(some=0.4, solid=0.7, more=1.0, named=True),
}


@dataclass(frozen=True, slots=True)
class Marks:
    """The score of each dimension, None for one that was not asked about.

    checks: what an interview's candidate did. limits: why a dimension cannot be above 2, whatever was shown.
    """

    scores: Mapping[str, int | None]
    checks: tuple[Check, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)


def marks(judged: Judged) -> Marks:
    """Return the scores of an answer to the main question, or of an interview."""
    scores = {name: judged.score(name) for name in DIMENSIONS}
    limits = {name: limit for name in DIMENSIONS if (limit := judged.limit(name))}
    return Marks(scores, judged.conduct.checks if judged.conduct else (), limits)


@dataclass(frozen=True, eq=False)
class Judged:
    """What was heard and what it shows, with the score of each dimension, also if more had been shown."""

    rubric: Rubric
    heard: Heard
    evidence: Evidence

    @cached_property
    def shown(self) -> Mapping[str, Finding]:
        """Return the best finding of each expectation; what an answer uses of its case counts here, too."""
        found = self.evidence.findings
        return best(found if self.heard.transcript else [*found, *used(self.heard, found)])

    @cached_property
    def conduct(self) -> Conduct | None:
        """Return the actions of an interview about a known case; None for anything else."""
        known = self.heard.transcript and self.heard.case
        return Conduct(self.heard, self.evidence.findings, self.rubric.guards) if known else None

    @cached_property
    def case_stack(self) -> CaseStack | None:
        """Return the remedies of a known case; None for the free question."""
        if not self.heard.case:
            return None
        mistaken = {place for mistake in self.evidence.mistakes for place in mistake.places}
        sound = [f for f in self.evidence.findings if f.sentence.place not in mistaken]
        return CaseStack(self.heard, self.rubric.guards, self.shown, sound)

    def score(self, name: str, assumed: frozenset[str] = NOTHING) -> int:
        """Return the score of a dimension, 1 to 4.

        assumed: ids that are taken as explained (an expectation), or as corrected (a misconception).
        """
        if name == "stack" and self.case_stack:
            found = self.case_stack.score(self._wrong(name, assumed), assumed)
        else:
            found = self._by_credit(name, assumed | _shown_by(assumed))
        if name == "systematic" and self.conduct:
            found = self.conduct.score(found, assumed)
        if self._off_topic:
            return 1
        return min(found, 2) if self.limit(name, assumed) else found

    def limit(self, name: str, assumed: frozenset[str] = NOTHING) -> str | None:
        """Return why a dimension cannot be above 2, whatever was shown; None if it can."""
        if self._off_topic:
            return OFF_TOPIC
        if self._wrong(name, assumed):
            return STANDS
        if name in RECITED_DIMENSIONS and not assumed and self._recited:
            return RECITED
        if name == "stack" and self.case_stack and self.case_stack.limit:
            return self.case_stack.limit
        unknown = self.heard.transcript and not self.heard.case
        return NOT_INSTALLED if unknown and name == "systematic" else None

    @cached_property
    def _off_topic(self) -> bool:
        return off_topic(self.heard)

    @cached_property
    def _recited(self) -> bool:
        return recited(self.heard, self.rubric.guards)

    def _wrong(self, name: str, assumed: frozenset[str]) -> bool:
        """Return True if a misconception about the core of a dimension stands."""
        standing = {m.misconception for m in self.evidence.mistakes if not m.repaired} - assumed
        denied = {
            expectation
            for misconception in self.rubric.misconceptions
            if misconception.core and misconception.id in standing
            for expectation in misconception.denies
        }
        return any(self.rubric.by_id[expectation].dimension == name for expectation in denied)

    def _by_credit(self, name: str, assumed: frozenset[str]) -> int:
        bar = (CASE_BARS if self.heard.case else BARS)[name]
        if not _reaches_two(bar, self.rubric.in_dimension(name), self.shown, assumed):
            return 1
        tiers: dict[str, list[float]] = {"core": [], "solid": [], "outstanding": []}
        for tier, credit in self._tiers(name, assumed):
            tiers[tier].append(credit)
        core, beyond = tiers["core"], sum(tiers["outstanding"])
        more = sum(tiers["solid"]) + beyond
        if min(core) == 0 or sum(core) / len(core) < bar.core or more < bar.solid:
            return 2
        return 4 if beyond >= Level.APPLIED.credit and more >= bar.more else 3

    def _tiers(self, name: str, assumed: frozenset[str]) -> Iterator[tuple[str, float]]:
        """Yield tier and credit of each idea of a dimension."""
        expectations = self.rubric.in_dimension(name)
        credit = {e.id: 1.0 if e.id in assumed else self._credit(e) for e in expectations}
        tier = {e.id: e.tier for e in expectations}
        if name == "systematic":
            yield "core", max(credit.pop(idea) for idea in LOOKED)
            if self.heard.case:
                yield "core", Level.EXPLAINED.credit if self._cause_named(assumed) else 0.0
                yield "outstanding", Level.APPLIED.credit if self._diagnosed else 0.0
                tier["SYS-TARGET"] = "solid"
        if name == "tradeoffs":
            yield "core", credit.pop(max(PRICES, key=credit.__getitem__))
            tier["TRD-COST"] = "solid"
            if self.conduct:
                yield "core", credit.pop(max(WEIGHED, key=credit.__getitem__))
                tier["TRD-OPTIONS"] = "solid"
        if name == "stakeholders" and self.conduct:
            yield "core", credit.pop(max(TOLD, key=credit.__getitem__))
            tier["COM-CHOICE"] = "solid"
        if name == "stack":  # a further idea is outstanding with its mechanism, condition or price
            explained = (idea for idea in credit if credit[idea] >= Level.EXPLAINED.credit)
            tier |= {idea: "outstanding" for idea in explained if tier[idea] == "solid"}
        yield from ((tier[idea], value) for idea, value in credit.items())

    def _cause_named(self, assumed: frozenset[str]) -> bool:
        if CAUSE in assumed:
            return True
        return self.conduct.cause_named if self.conduct else self._names_cause

    @cached_property
    def _diagnosed(self) -> bool:
        return any(diagnosed(self.heard))

    @cached_property
    def _names_cause(self) -> bool:
        return names_cause(self.heard, self.rubric.guards)

    def _credit(self, expectation: Expectation) -> float:
        finding = self.shown.get(expectation.id)
        if finding is None:
            near = expectation.tier == "core" and expectation.id in self._close
            return NEAR_CREDIT if near else 0.0
        return 0.0 if finding.by_list else finding.level.credit

    @cached_property
    def _close(self) -> frozenset[str]:
        return frozenset(f.expectation for f in self.evidence.findings if f.loss == Loss.CLOSE)


def _shown_by(assumed: frozenset[str]) -> frozenset[str]:
    """Return the expectations that are shown by these checks."""
    return frozenset(CHECKS[name].shows for name in assumed if name in CHECKS)


def _reaches_two(
    bar: Bar,
    expectations: Sequence[Expectation],
    shown: Mapping[str, Finding],
    assumed: frozenset[str],
) -> bool:
    own = [e.id for e in expectations]
    findings = [shown[name] for name in own if name in shown and name not in assumed]
    spoken = sum(f.level.credit for f in findings if not f.by_list) + len(assumed & set(own))
    listed = min(LIST_CREDIT, sum(f.level.credit for f in findings if f.by_list))
    applied = any(f.level >= Level.APPLIED for f in findings) or not assumed.isdisjoint(own)
    return (bar.named or applied) and spoken + listed >= bar.some

"""The fifth step of scoring: why each score is what it is, and what would have made it one more.

The ideas that are missing are found by trial: the dimension is scored again as if they had been explained.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.interview.scenario.next_time import said_freely
from harness.interview.scoring.behaviour import CHECKS
from harness.interview.scoring.case_stack import FIX, LEAVE
from harness.interview.scoring.dimensions import CAUSE, Judged, Marks
from harness.interview.scoring.findings import Level
from harness.interview.scoring.rubric import Expectation

HIGHEST = 4
SHOWN = 3  # ideas named in a reason; more are not read
TIERS = ("core", "solid", "outstanding")
OF_CASE = {  # ideas of a case, and the idea whose lab trains them
    FIX: ("a remedy that removes the cause of this case", "SYS-BREAKDOWN"),
    LEAVE: ("says what to leave alone here, and why", "SYS-FLOOR"),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """Something to say next time. id: of the idea; say: how a strong candidate says it."""

    id: str
    says: str
    lab: str
    say: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a dimension has its score.

    shown: ideas that counted. limit: why it cannot be above 2. missing: what would have made it one more.
    """

    dimension: str
    score: int
    shown: tuple[str, ...]
    limit: str | None
    missing: tuple[Advice, ...]

    @property
    def text(self) -> str:
        """Return the reason as a paragraph."""
        return " ".join(self._sentences())

    def _sentences(self) -> Iterator[str]:
        yield (
            f"{self.score}: shown {_listed(self.shown)}."
            if self.shown
            else f"{self.score}: nothing was shown."
        )
        if self.limit:
            yield f"It cannot be above 2, because {self.limit}."
        if self.missing:
            yield f"For a {self.score + 1}: {_listed(advice.says for advice in self.missing)}."
            yield f"You might have said: “{self.missing[0].say}”"


def reasons(judged: Judged, marks: Marks, targets: Collection[str] = ()) -> tuple[Reason, ...]:
    """Return the reason of each score. targets: what a follow-up asked about; none for the main question."""
    advisor = _Advisor(judged)
    found = []
    for name, score in marks.scores.items():
        if score is not None:
            missing = advisor.targets(name, targets) if targets else advisor.missing(name, score)
            limit = marks.limits.get(name)
            found.append(Reason(name, score, tuple(advisor.shown(name)), limit, tuple(missing)))
    return tuple(found)


def drills(found: Sequence[Reason]) -> tuple[Advice, ...]:
    """Return what to practise: first what raises a score by itself, and the lower score first."""
    ranked = sorted((r for r in found if r.missing), key=lambda r: (len(r.missing), r.score))
    first = [advice for reason in ranked for advice in reason.missing]
    return tuple({advice.id: advice for advice in reversed(first)}[a.id] for a in _once(first))


def _once(advice: Iterable[Advice]) -> list[Advice]:
    return list({one.id: one for one in advice}.values())


@dataclass(frozen=True)
class _Advisor:
    judged: Judged

    def shown(self, name: str) -> Iterator[str]:
        """Yield the best ideas of a dimension that were shown."""
        shown = self.judged.shown
        own = [e for e in self.judged.rubric.in_dimension(name) if e.id in shown]
        ranked = sorted(own, key=lambda e: (-shown[e.id].level, TIERS.index(e.tier)))
        of_case = self._heard_of_case({e.id for e in own}) if name == "stack" else []
        yield from (f"“{says}”" for says in [*of_case, *(e.says for e in ranked)][:SHOWN])

    def _heard_of_case(self, known: Collection[str]) -> list[str]:
        """Return the names of remedies that fit the case and were heard, beside the ideas that are known."""
        heard, stack = self.judged.heard, self.judged.case_stack
        if not (heard.case and stack):
            return []
        fits = heard.case.fitting("fixes", "helps") - known - stack.refused
        proposed = dict.fromkeys(r.id for reading in heard.readings for r in reading.proposed)
        return [heard.case.names.get(name, name) for name in proposed if name in fits]

    def targets(self, name: str, targets: Collection[str]) -> Iterator[Advice]:
        """Yield the ideas that a follow-up asked about and that were not explained."""
        for expectation in self.judged.rubric.in_dimension(name):
            if expectation.id in targets and self._level(expectation) < Level.EXPLAINED:
                yield self.advice(expectation.id)

    def missing(self, name: str, score: int) -> Iterator[Advice]:
        """Yield the fewest ideas that would have made the score one more; none if nothing could."""
        if score == HIGHEST:
            return
        assumed: list[str] = []
        for idea in self._candidates(name):
            assumed.append(idea)
            if self._raises(name, score, assumed):
                yield from map(self.advice, self._needed(name, score, assumed))
                return

    def _needed(self, name: str, score: int, assumed: Sequence[str]) -> list[str]:
        """Return the ideas without those that change nothing."""
        needed = list(assumed)
        for idea in assumed:
            fewer = [other for other in needed if other != idea]
            if self._raises(name, score, fewer):
                needed = fewer
        return needed

    def _raises(self, name: str, score: int, assumed: Sequence[str]) -> bool:
        return self.judged.score(name, frozenset(assumed)) > score

    def _candidates(self, name: str) -> Iterator[str]:
        """Yield what could be said: corrections, what the case needs, then the rubric, core first."""
        rubric, conduct = self.judged.rubric, self.judged.conduct
        standing = {m.misconception for m in self.judged.evidence.mistakes if not m.repaired}
        for misconception in rubric.misconceptions:
            denied = {rubric.by_id[e].dimension for e in misconception.denies}
            if misconception.id in standing and name in denied:
                yield misconception.id
        if name == "systematic" and conduct:
            failed = [check for check in conduct.checks if not check.passed]
            yield from (check.name for check in sorted(failed, key=lambda check: -check.weight))
        elif name == "systematic" and self.judged.heard.case:
            yield CAUSE
        if name == "stack" and self.judged.case_stack:
            yield from (FIX, LEAVE)
            helping = self.judged.heard.case.fitting("helps")
            own = [e for e in rubric.in_dimension(name) if e.id in helping]
        else:
            own = list(rubric.in_dimension(name))
        lacking = [e for e in own if self._level(e) < Level.EXPLAINED]
        yield from (e.id for e in sorted(lacking, key=self._order))

    def _order(self, expectation: Expectation) -> tuple[int, int]:
        return TIERS.index(expectation.tier), self._level(expectation)

    def _level(self, expectation: Expectation) -> Level:
        finding = self.judged.shown.get(expectation.id)
        return finding.level if finding else Level.ABSENT

    def advice(self, idea: str) -> Advice:
        """Return the advice for an expectation, a misconception, a check, or an idea of the case."""
        rubric = self.judged.rubric
        if idea in CHECKS:
            says, _, shows = CHECKS[idea]
            return Advice(shows, says, rubric.by_id[shows].lab, self._say[shows])
        if idea in OF_CASE:
            says, trains = OF_CASE[idea]
            if idea == FIX and self.judged.case_stack and self.judged.case_stack.fix:
                says = "why that remedy removes the cause, with a number of the case"
            return Advice(idea, says, rubric.by_id[trains].lab, self._say[idea])
        if idea in rubric.by_id:
            expectation = rubric.by_id[idea]
            begun = Level.ABSENT < self._level(expectation) < Level.EXPLAINED
            says = (
                f"more of “{expectation.says}”, with a reason and a number"
                if begun
                else expectation.says
            )
            return Advice(idea, says, expectation.lab, self._say[idea])
        wrong = next(m for m in rubric.misconceptions if m.id == idea)
        lab = rubric.by_id[wrong.denies[0]].lab
        return Advice(idea, f"takes back that {wrong.says}", lab, wrong.truth)

    @property
    def _say(self) -> Mapping[str, str]:
        case = self.judged.heard.case
        return case.say if case and case.say else said_freely()


def _listed(texts: Iterable[str]) -> str:
    return "; ".join(texts)

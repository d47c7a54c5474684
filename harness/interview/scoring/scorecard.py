"""The scorecard: what was shown, with quotes; what was not, and why; the scores; what to practise next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

from harness.interview.scoring.behaviour import Check
from harness.interview.scoring.dimensions import Marks
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake, best
from harness.interview.scoring.heard import Heard
from harness.interview.scoring.reasons import Advice, Reason, drills
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import Passage, Sentence
from harness.interview.scoring.shown import Evidence

OFFLINE, WITH_LLM = "offline", "offline+llm"
DRILLS = 3  # number of ideas to practise next; a longer list is not followed


@dataclass(frozen=True, eq=False)
class Scorecard:
    """One answer or interview, scored.

    second: the report of the chat model that was asked about near misses; None if there was none.
    """

    rubric: Rubric
    heard: Heard
    evidence: Evidence
    marks: Marks
    reasons: tuple[Reason, ...]
    model_sha256: str | None
    notices: tuple[str, ...] = ()
    second: Mapping[str, object] | None = None

    @property
    def passages(self) -> tuple[Passage, ...]:
        """Return the candidate's turns."""
        return self.heard.passages

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings, near misses included."""
        return self.evidence.findings

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the misconceptions that were stated."""
        return self.evidence.mistakes

    @property
    def scores(self) -> Mapping[str, int | None]:
        """Return the score of each dimension."""
        return self.marks.scores

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return what the candidate of an interview did."""
        return self.marks.checks

    @property
    def engine(self) -> str:
        """Return "offline", or "offline+llm" if a chat model was asked, too, and did not fail."""
        return WITH_LLM if self.second and not self.second["trouble"] else OFFLINE

    @property
    def banner(self) -> str:
        """Return a sentence or two on what computed the scores."""
        offline = "Scored offline by patterns and MiniLM, with the rubric's own labels."
        if self.second is None:
            return offline
        if self.second["trouble"]:
            return f"{self.second['trouble']} {offline}"
        raised = len([f for f in self.shown.values() if f.loss == Loss.SECOND_OPINION])
        return (
            f"Scored by patterns and MiniLM. {self.second['model']} was asked about "
            f"{self.second['asked']} near misses: {raised} became mentions, and "
            f"{self.second['unusable']} of its replies could not be used."
        )

    @cached_property
    def shown(self) -> dict[str, Finding]:
        """Return the best finding of each expectation that is shown."""
        return best(self.findings)

    @property
    def near_misses(self) -> tuple[Finding, ...]:
        """Return the first near miss of each expectation that is not shown, in the rubric's order."""
        shown = self.shown
        missed = {f.expectation: f for f in reversed(self.findings) if f.loss and not f.level}
        return tuple(
            missed[e.id] for e in self.rubric.expectations if e.id in missed and e.id not in shown
        )

    @cached_property
    def drills(self) -> tuple[Advice, ...]:
        """Return what to practise next, first what would raise the scores most."""
        return drills(self.reasons)[:DRILLS]

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`, as `under500 interview score --json` prints them."""
        shown = self.shown
        return {
            "expectations": {e.id: self._shown(shown.get(e.id)) for e in self.rubric.expectations},
            "misconceptions": {
                m.misconception: "repaired" if m.repaired else "active" for m in self.mistakes
            },
            "scores": dict(self.scores),
            "engine": self.engine,
            "rubric_sha256": self.rubric.sha256,
            "model_sha256": self.model_sha256,
            "why_not": [self._why_not(finding) for finding in self.near_misses],
            "mistakes": [self._mistake(mistake) for mistake in self.mistakes],
            "checks": {c.name: c.passed for c in self.checks},
            "reasons": {reason.dimension: self._reason(reason) for reason in self.reasons},
            "drills": [asdict(advice) for advice in self.drills],
            "notices": list(self.notices),
        } | ({"llm": dict(self.second)} if self.second else {})

    def quote(self, sentence: Sentence) -> dict[str, object]:
        """Return the verbatim words with their place in the turn; `line` too if there are several turns.

        Without a turn there are no words: who only opens cards shows something by that alone.
        """
        if not self.passages:
            return {"quote": "", "start": 0, "end": 0}
        passage = self.passages[sentence.turn]
        text = passage.quote(sentence.start, sentence.end)
        place: dict[str, object] = {"quote": text, "start": sentence.start, "end": sentence.end}
        lines = self.heard.lines
        return place | ({"line": lines[sentence.turn]} if lines else {})

    def _shown(self, finding: Finding | None) -> dict[str, object]:
        if finding is None:
            return {"level": Level.ABSENT.name.lower(), "quote": "", "start": 0, "end": 0}
        because = finding.deed or finding.loss
        reason = {"because": str(because)} if because else {}
        shown = {"level": finding.level.name.lower(), "sure": finding.sure}
        return {**shown, **self.quote(finding.sentence), **reason}

    def _reason(self, reason: Reason) -> dict[str, object]:
        missing = [advice.id for advice in reason.missing]
        say = reason.missing[0].say if reason.missing else ""
        return {"text": reason.text, "missing": missing, "say": say}

    def _why_not(self, finding: Finding) -> dict[str, object]:
        return {
            "id": finding.expectation,
            "because": str(finding.loss),
            **self.quote(finding.sentence),
            "lab": self.rubric.by_id[finding.expectation].lab,
        }

    def _mistake(self, mistake: Mistake) -> dict[str, object]:
        truth = next(m.truth for m in self.rubric.misconceptions if m.id == mistake.misconception)
        return {"id": mistake.misconception, **self.quote(mistake.sentence), "truth": truth}

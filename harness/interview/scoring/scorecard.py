"""The scorecard: what was shown, with quotes; what was not, and why; the scores; what to practise next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.interview.scoring.behaviour import Check
from harness.interview.scoring.dimensions import best
from harness.interview.scoring.findings import Finding, Level, Loss, Mistake
from harness.interview.scoring.rubric import Expectation, Rubric
from harness.interview.scoring.sentences import Passage, Sentence

OFFLINE, WITH_LLM = "offline", "offline+llm"
TIERS = ("core", "solid", "outstanding")
DRILLS = 3  # number of ideas to practise next; a longer list is not followed


@dataclass(frozen=True, eq=False)
class Scorecard:
    """One answer or interview, scored.

    lines: the line of each of the candidate's turns in the transcript's file. second: the report of the chat
    model that was asked about near misses; None if there was none.
    """

    rubric: Rubric
    passages: tuple[Passage, ...]
    findings: tuple[Finding, ...]
    mistakes: tuple[Mistake, ...]
    scores: Mapping[str, int | None]
    model_sha256: str | None
    lines: tuple[int, ...] = ()
    notices: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    second: Mapping[str, object] | None = None

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

    @property
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

    @property
    def gaps(self) -> tuple[Expectation, ...]:
        """Return the expectations that are not shown, core first."""
        missing = [e for e in self.rubric.expectations if e.id not in self.shown]
        return tuple(sorted(missing, key=lambda e: TIERS.index(e.tier)))

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
            "drills": [{"id": e.id, "says": e.says, "lab": e.lab} for e in self.gaps[:DRILLS]],
            "notices": list(self.notices),
        } | ({"llm": dict(self.second)} if self.second else {})

    def quote(self, sentence: Sentence) -> dict[str, object]:
        """Return the verbatim words with their place in the turn; `line` too if there are several turns."""
        passage = self.passages[sentence.turn]
        text = passage.quote(sentence.start, sentence.end)
        place: dict[str, object] = {"quote": text, "start": sentence.start, "end": sentence.end}
        return place | ({"line": self.lines[sentence.turn]} if self.lines else {})

    def _shown(self, finding: Finding | None) -> dict[str, object]:
        if finding is None:
            return {"level": Level.ABSENT.name.lower(), "quote": "", "start": 0, "end": 0}
        reason = {"because": str(finding.loss)} if finding.loss else {}
        return {"level": finding.level.name.lower(), **self.quote(finding.sentence), **reason}

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

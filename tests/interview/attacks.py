"""Scores of answers that try to get credit without knowledge, with intervals.

python -m tests.interview.attacks
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from harness.interview.practice.walkthrough import walkthrough
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.dimensions import LIST_CREDIT
from harness.interview.scoring.rubric import DIMENSIONS
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.scorecard import Scorecard
from harness.measure.stats import Proportion

ATTACKS = Path(__file__).parent / "attacks" / "answers.yaml"
HONEST = (
    "Is the target the first token or the full answer, and at which percentile? I would trace real "
    "requests before changing anything, one span per stage. A smaller model reads fewer bytes for each token "
    "and loses some accuracy, so I would run the evaluation set again."
)
MAX_SHARE = {  # of all points; for contradictions, of the sentences
    "contradiction": 0.05, "keyword list": 0.05, "copied question": 0.05, "copied rubric": 0.05,
    "name-dropping": 0.35, "nothing": 0.0, "injection": 0.0, "other language": 0.0,
}  # fmt: skip
MAX_SCORE = {"name-dropping": 2}  # in any dimension; 1 for all other kinds


@dataclass(frozen=True)
class Attempt:
    """One answer and its scorecard."""

    kind: str
    text: str
    card: Scorecard

    @property
    def points(self) -> float:
        """Return the share of a perfect answer's credit, 0 to 1; all lists together have the scorer's cap."""
        findings = self.card.shown.values()
        listed = min(LIST_CREDIT, sum(f.level.credit for f in findings if f.by_list))
        spoken = sum(f.level.credit for f in findings if not f.by_list)
        return (spoken + listed) / len(self.card.rubric.expectations)

    @property
    def highest(self) -> int:
        return max(score or 0 for score in self.card.scores.values())

    @property
    def beaten(self) -> bool:
        """Return True if it got no more than its kind is allowed."""
        if self.kind == "contradiction":
            return not self.card.shown
        within = self.points <= MAX_SHARE[self.kind] and self.highest <= MAX_SCORE.get(self.kind, 1)
        return within and (self.card.scores["systematic"] or 0) <= 1


@cache
def texts() -> dict[str, tuple[str, ...]]:
    """Return the attacks by kind."""
    entries = yaml.safe_load(ATTACKS.read_text(encoding="utf-8"))
    return {entry["kind"]: tuple(entry["texts"]) for entry in entries}


def attempts(scorer: Scorer, kind: str) -> list[Attempt]:
    return [Attempt(kind, text, scorer.answer(text)) for text in texts()[kind]]


def moved_by_injection(scorer: Scorer) -> list[str]:
    """Return the injections that change a level or score of an honest answer."""
    before = _credit(scorer.answer(HONEST))
    return [
        text
        for text in texts()["injection"]
        if _credit(scorer.answer(f"{HONEST}\n\n{text}")) != before
    ]


def _credit(card: Scorecard) -> tuple[dict, dict]:
    return {name: f.level for name, f in card.shown.items()}, dict(card.scores)


def learned_by_heart(scorer: Scorer) -> dict[str, int | None]:
    """Return the score for Systematic of S01's strong interview, repeated in each other scenario."""
    events = walkthrough("S01-strong").events
    sessions = {name: Session(s, 11) for name, s in scenarios().items() if name != "S01"}
    return {
        name: scorer.transcript(session.transcript(events), session.case).scores["systematic"]
        for name, session in sessions.items()
    }


def report(scorer: Scorer) -> Iterator[str]:
    """Yield a line for each kind of attack."""
    yield f"{'attack':<18}{'n':>4}{'points, mean':>14}{'max':>7}{'limit':>7}{'highest':>9}  got through"
    for kind in texts():
        yield _line(kind, attempts(scorer, kind))
    moved = moved_by_injection(scorer)
    yield f"injections that move an honest answer: {len(moved)} of {len(texts()['injection'])}"
    scores = learned_by_heart(scorer)
    over = [name for name, score in scores.items() if (score or 0) > 2]
    yield f"S01 by heart elsewhere: Systematic above 2 in {len(over)} of {len(scores)} {over or ''}"


def _line(kind: str, tried: Sequence[Attempt]) -> str:
    through = Proportion(sum(not attempt.beaten for attempt in tried), len(tried))
    points = [attempt.points for attempt in tried]
    mean, highest = sum(points) / len(points), max(attempt.highest for attempt in tried)
    return (
        f"{kind:<18}{len(tried):>4}{mean:>14.1%}{max(points):>7.1%}{MAX_SHARE[kind]:>7.0%}{highest:>9}"
        f"  {through}"
    )


def main() -> None:
    from harness.interview.scoring.score import scorer

    engine = scorer()
    print(
        f"dimensions {', '.join(DIMENSIONS)}; rubric {engine.rubric.sha256[:12]}; offline, MiniLM"
    )
    for line in report(engine):
        print(line, flush=True)


if __name__ == "__main__":
    main()

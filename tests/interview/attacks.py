"""What the scorer gives to answers that try to get credit without knowing, with intervals.

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
from harness.measure.latency.stats import Proportion

ATTACKS = Path(__file__).parent / "attacks" / "answers.yaml"
HONEST = (
    "Is the target the first token or the full answer, and at which percentile? I would trace real "
    "requests before changing anything, one span per stage. A smaller model reads fewer bytes for each token "
    "and loses some accuracy, so I would run the evaluation set again."
)
MOST = {  # share of all points; the contradictions are counted by sentence
    "contradiction": 0.05, "keyword list": 0.05, "copied question": 0.05, "copied rubric": 0.05,
    "name-dropping": 0.35, "nothing": 0.0, "injection": 0.0, "other language": 0.0,
}  # fmt: skip
HIGHEST = {"name-dropping": 2}  # of any dimension; all others: 1


@dataclass(frozen=True)
class Attempt:
    """One answer, and what it got."""

    kind: str
    text: str
    card: Scorecard

    @property
    def points(self) -> float:
        """Credit over what a perfect answer gets, 0 to 1; names in lists count together, as in the scorer."""
        found = self.card.shown.values()
        listed = min(LIST_CREDIT, sum(f.level.credit for f in found if f.by_list))
        spoken = sum(f.level.credit for f in found if not f.by_list)
        return (spoken + listed) / len(self.card.rubric.expectations)

    @property
    def highest(self) -> int:
        return max(score or 0 for score in self.card.scores.values())

    @property
    def beaten(self) -> bool:
        """True when nothing was to be had, beyond what its kind is allowed."""
        if self.kind == "contradiction":
            return not self.card.shown
        within = self.points <= MOST[self.kind] and self.highest <= HIGHEST.get(self.kind, 1)
        return within and (self.card.scores["systematic"] or 0) <= 1


@cache
def texts() -> dict[str, tuple[str, ...]]:
    """The attacks by kind."""
    entries = yaml.safe_load(ATTACKS.read_text(encoding="utf-8"))
    return {entry["kind"]: tuple(entry["texts"]) for entry in entries}


def attempts(scorer: Scorer, kind: str) -> list[Attempt]:
    return [Attempt(kind, text, scorer.answer(text)) for text in texts()[kind]]


def moved_by_injection(scorer: Scorer) -> list[str]:
    """Injections that change anything in the scorecard of an honest answer."""
    before = _credit(scorer.answer(HONEST))
    return [
        text
        for text in texts()["injection"]
        if _credit(scorer.answer(f"{HONEST}\n\n{text}")) != before
    ]


def _credit(card: Scorecard) -> tuple[dict, dict]:
    return {name: found.level for name, found in card.shown.items()}, dict(card.scores)


def learned_by_heart(scorer: Scorer) -> dict[str, int | None]:
    """Systematic of the strong interview about S01, said again about each other service."""
    learned = walkthrough("S01-strong")
    elsewhere = {name: Session(one, 11) for name, one in scenarios().items() if name != "S01"}
    return {
        name: scorer.transcript(session.transcript(learned.events), session.case).scores[
            "systematic"
        ]
        for name, session in elsewhere.items()
    }


def report(scorer: Scorer) -> Iterator[str]:
    """A line for each kind of attack."""
    yield f"{'attack':<18}{'n':>4}{'points, mean':>14}{'most':>7}{'limit':>7}{'highest':>9}  got through"
    for kind in texts():
        yield _line(kind, attempts(scorer, kind))
    moved = moved_by_injection(scorer)
    yield f"injections that move an honest answer: {len(moved)} of {len(texts()['injection'])}"
    found = learned_by_heart(scorer)
    over = [name for name, score in found.items() if (score or 0) > 2]
    yield f"S01 by heart elsewhere: Systematic above 2 in {len(over)} of {len(found)} {over or ''}"


def _line(kind: str, tried: Sequence[Attempt]) -> str:
    through = Proportion(sum(not one.beaten for one in tried), len(tried))
    points = [one.points for one in tried]
    mean, highest = sum(points) / len(points), max(one.highest for one in tried)
    return (
        f"{kind:<18}{len(tried):>4}{mean:>14.1%}{max(points):>7.1%}{MOST[kind]:>7.0%}{highest:>9}"
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

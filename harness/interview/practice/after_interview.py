"""After an interview: its entry in the history, the review of its ideas, and the plan of what to practise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from harness.interview.dialogue.play import Play
from harness.interview.practice import repetition
from harness.interview.practice.history import History, Played, history
from harness.interview.scenario.scenario import scenarios
from harness.interview.scoring.rubric import Expectation, rubric
from harness.interview.scoring.scorecard import Scorecard


@dataclass(frozen=True, slots=True)
class ReviewPlan:
    """What to practise.

    due: ideas that are due now, at most five. day: when the next idea is due.
    scenario: the one that calls for most of the due ideas.
    """

    due: tuple[Expectation, ...]
    day: date | None
    scenario: str | None

    @property
    def lines(self) -> list[str]:
        """Return the plan in words; no line before the first interview."""
        if not self.due:
            return [f"Nothing is due before {self.day:%A %d %B}."] if self.day else []
        lines = ["Due now:", *(f"  {idea.says}  ({idea.lab})" for idea in self.due)]
        if self.scenario:
            lines.append(f"Scenario {self.scenario} calls for most of these.")
        return lines


def record_interview(
    play: Play, card: Scorecard, now: datetime | None = None, target: History | None = None
) -> None:
    """Record a played interview and its review, once; one without any score is left out.

    target: the learner's own history by default. Raises HistoryError if it cannot be written.
    """
    if all(score is None for score in card.scores.values()):
        return
    target, now = target or history(), now or datetime.now(UTC)
    scheduler = repetition.scheduler(now.date(), target.interview_on)
    rated = repetition.ratings(play.session, card, play.state.opened)
    levels = dict.fromkeys(rated, "absent")
    levels |= {name: finding.level.name.lower() for name, finding in card.shown.items()}
    reviewed = repetition.reviewed(target.cards(), rated, now, scheduler)
    target.add(_played(play, card, now), levels, reviewed)


def _played(play: Play, card: Scorecard, now: datetime) -> Played:
    session = play.session
    return Played(
        at=now,
        scenario=session.scenario.id,
        level=session.level,
        mode=session.mode,
        minutes=session.minutes,
        seed=session.seed,
        ended=play.state.ended or "left",
        transcript=str(play.file) if play.file else None,
        engine=card.engine,
        rubric_sha256=card.rubric.sha256,
        scores=dict(card.scores),
    )


def review_plan(now: datetime | None = None, source: History | None = None) -> ReviewPlan:
    """Return what is due. Raises HistoryError if the history cannot be read.

    source: the learner's own history by default.
    """
    source, now = source or history(), now or datetime.now(UTC)
    stored = source.cards()
    if not stored:
        return ReviewPlan((), None, None)  # without reading the rubric, which takes a second
    cards = {name: card for name, card in stored.items() if name in rubric().by_id}
    due = tuple(rubric().by_id[name] for name in repetition.due(cards, now))
    last = [played.scenario for played in source.interviews(last=1)]
    return ReviewPlan(due, repetition.next_day(cards), _best_scenario({e.id for e in due}, last))


def _best_scenario(due: set[str], excluded: list[str]) -> str | None:
    """Return the scenario in which most of the due ideas help, or None if they help in none."""
    counts = Counter({s.id: _count_helpful(s.remedies, due) for s in scenarios().values()})
    ranked = [name for name, count in counts.most_common() if count and name not in excluded]
    return ranked[0] if ranked else None


def _count_helpful(remedies: Mapping[str, str], due: set[str]) -> int:
    return sum(remedies.get(name) in ("fixes", "helps") for name in due)

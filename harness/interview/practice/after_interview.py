"""After an interview: it goes into the history, its ideas are reviewed, and what comes back is said."""

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
    """What to practise. due: now, at most five; day: of the next idea; scenario: that asks for most of it."""

    due: tuple[Expectation, ...]
    day: date | None
    scenario: str | None

    @property
    def lines(self) -> list[str]:
        """The same in words; nothing before the first interview."""
        if not self.due:
            return [f"Nothing is due before {self.day:%A %d %B}."] if self.day else []
        lines = ["Due now:", *(f"  {one.says}  ({one.lab})" for one in self.due)]
        return [*lines, *([f"{self.scenario} asks for most of it."] if self.scenario else [])]


def keep(
    play: Play, card: Scorecard, now: datetime | None = None, into: History | None = None
) -> None:
    """Puts a played interview and its review into the history, once; one without a score is left out.

    Raises HistoryError where the history cannot be written.
    """
    if all(score is None for score in card.scores.values()):
        return
    into, now = into or history(), now or datetime.now(UTC)
    plan = repetition.scheduler(now.date(), into.interview_on)
    rated = repetition.ratings(play.session, card, play.state.opened)
    levels = {name: finding.level.name.lower() for name, finding in card.shown.items()}
    missed = {name: "absent" for name in rated if name not in levels}
    into.add(
        _played(play, card, now),
        levels | missed,
        repetition.reviewed(into.cards(), rated, now, plan),
    )


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


def review_plan(now: datetime | None = None, out_of: History | None = None) -> ReviewPlan:
    """What is due. Raises HistoryError where the history cannot be read."""
    out_of, now = out_of or history(), now or datetime.now(UTC)
    kept = out_of.cards()
    if not kept:
        return ReviewPlan((), None, None)  # without reading the rubric, which takes a second
    cards = {name: one for name, one in kept.items() if name in rubric().by_id}
    due = tuple(rubric().by_id[name] for name in repetition.due(cards, now))
    last = [played.scenario for played in out_of.interviews(last=1)]
    return ReviewPlan(due, repetition.next_day(cards), _fitting({e.id for e in due}, last))


def _fitting(due: set[str], without: list[str]) -> str | None:
    """The scenario, but for the last one, in which most of these ideas would help; None for none."""
    counts = Counter({name: _helps(one.remedies, due) for name, one in scenarios().items()})
    ranked = [name for name, count in counts.most_common() if count and name not in without]
    return ranked[0] if ranked else None


def _helps(remedies: Mapping[str, str], due: set[str]) -> int:
    return sum(remedies.get(name) in ("fixes", "helps") for name in due)

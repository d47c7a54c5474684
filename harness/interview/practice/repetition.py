"""Spaced repetition of ideas: what was missed comes back soon, what was explained comes back late (FSRS).

A card is one expectation of the rubric, reviewed by being needed in an interview; nobody rates themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from fsrs import Card, Rating, Scheduler

from harness.interview.dialogue.probes import asked_of
from harness.interview.scenario.interview_session import Session
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.scorecard import Scorecard

MOST = 5  # ideas that come back at once, about eight minutes: a queue that only grows is given up
RETENTION = 0.9
FARTHEST_DAYS = 365
PARTS_OF_THE_WAIT = 3  # before a known interview every idea comes back about three times


def scheduler(today: date, interview_on: date | None = None) -> Scheduler:
    """Days and nothing shorter, the same for the same input; tighter when an interview is near."""
    farthest = FARTHEST_DAYS
    if interview_on and interview_on > today:
        farthest = max(1, (interview_on - today).days // PARTS_OF_THE_WAIT)
    return Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=farthest,
        enable_fuzzing=False,
    )


def ratings(session: Session, card: Scorecard, opened: tuple[str, ...]) -> dict[str, Rating]:
    """What an interview says about each idea that it called for, or that was shown anyway."""
    shown = card.shown
    called = {e.id for e in card.rubric.expectations if asked_of(session, e.id, e.tier)}
    return {
        e.id: _rating(session, shown.get(e.id), opened)
        for e in card.rubric.expectations
        if e.id in called or e.id in shown
    }


def _rating(session: Session, finding: Finding | None, opened: tuple[str, ...]) -> Rating:
    """Missed: again. A name, or with a hint: hard. With its reason: good; with numbers seen here: easy."""
    if finding is None:
        return Rating.Again
    if finding.level == Level.MENTION or finding.loss == Loss.ASSISTED:
        return Rating.Hard
    seen = grounded(finding.sentence.text, session.case, opened)
    return Rating.Easy if finding.level == Level.EXPLAINED and seen else Rating.Good


def reviewed(
    kept: Mapping[str, str], rated: Mapping[str, Rating], now: datetime, plan: Scheduler
) -> dict[str, tuple[str, str]]:
    """The rated cards after this review, as (due, JSON). kept: cards so far, as JSON; now in UTC."""
    return {name: _review(kept.get(name), rating, now, plan) for name, rating in rated.items()}


def _review(kept: str | None, rating: Rating, now: datetime, plan: Scheduler) -> tuple[str, str]:
    before = Card.from_json(kept) if kept else Card(card_id=0, due=now)
    after, _ = plan.review_card(before, rating, review_datetime=now)
    return after.due.astimezone(UTC).isoformat(), after.to_json()


def due(kept: Mapping[str, str], now: datetime) -> Iterator[str]:
    """Ideas that should come back now, at most five, the most overdue first."""
    times = {name: Card.from_json(text).due for name, text in kept.items()}
    ready = sorted((at, name) for name, at in times.items() if at <= now)
    yield from (name for _, name in ready[:MOST])


def next_day(kept: Mapping[str, str]) -> date | None:
    """The day on which the next idea comes back; None when there is none."""
    days = [Card.from_json(text).due for text in kept.values()]
    return min(days).date() if days else None

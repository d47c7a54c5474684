"""Spaced repetition of ideas with FSRS: a missed idea is due again soon, an explained one late.

A card is one expectation of the rubric. An interview that calls for it reviews it; the rating comes from the
scorer, not from the learner.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime

from fsrs import Card, Rating, Scheduler

from harness.interview.dialogue.probes import is_expected
from harness.interview.scenario.interview_session import Session
from harness.interview.scoring.findings import Finding, Level, Loss
from harness.interview.scoring.grounding import grounded
from harness.interview.scoring.scorecard import Scorecard

MAX_DUE = 5  # ideas at a time, about eight minutes: learners give up a queue that only grows
RETENTION = 0.9
MAX_DAYS = 365
REVIEWS_BEFORE = 3  # about how often each idea is due before the day of the real interview


def scheduler(today: date, interview_on: date | None = None) -> Scheduler:
    """Return a deterministic scheduler of whole days, with shorter intervals before `interview_on`."""
    max_days = MAX_DAYS
    if interview_on and interview_on > today:
        max_days = max(1, (interview_on - today).days // REVIEWS_BEFORE)
    return Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=max_days,
        enable_fuzzing=False,
    )


def ratings(session: Session, card: Scorecard, opened: tuple[str, ...]) -> dict[str, Rating]:
    """Return the rating of each idea that the interview called for, or that was shown anyway."""
    return {
        e.id: rating(session, card.shown.get(e.id), opened)
        for e in card.rubric.expectations
        if e.id in card.shown or is_expected(session, e.id, e.tier)
    }


def rating(session: Session, finding: Finding | None, opened: tuple[str, ...]) -> Rating:
    """Return the rating of one idea.

    Again: missed. Hard: only named, or with a hint. Good: applied or explained. Easy: explained with numbers
    from the opened cards.
    """
    if finding is None:
        return Rating.Again
    if finding.level == Level.MENTION or finding.loss == Loss.ASSISTED:
        return Rating.Hard
    seen = grounded(finding.sentence.text, session.case, opened)
    return Rating.Easy if finding.level == Level.EXPLAINED and seen else Rating.Good


def reviewed(
    cards: Mapping[str, str], rated: Mapping[str, Rating], now: datetime, scheduler: Scheduler
) -> dict[str, tuple[str, str]]:
    """Return the rated cards after this review, as (due, JSON). cards: before it, as JSON; now: UTC."""
    return {name: _review(cards.get(name), r, now, scheduler) for name, r in rated.items()}


def _review(
    card: str | None, rated: Rating, now: datetime, scheduler: Scheduler
) -> tuple[str, str]:
    before = Card.from_json(card) if card else Card(card_id=0, due=now)
    after, _ = scheduler.review_card(before, rated, review_datetime=now)
    return after.due.astimezone(UTC).isoformat(), after.to_json()


def due(cards: Mapping[str, str], now: datetime) -> Iterator[str]:
    """Yield the ideas that are due now, at most five, the most overdue first."""
    times = {name: Card.from_json(text).due for name, text in cards.items()}
    overdue = sorted((at, name) for name, at in times.items() if at <= now)
    yield from (name for _, name in overdue[:MAX_DUE])


def next_day(cards: Mapping[str, str]) -> date | None:
    """Return the day on which the next idea is due, or None if there is no card."""
    days = [Card.from_json(text).due for text in cards.values()]
    return min(days).date() if days else None

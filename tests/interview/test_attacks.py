"""Limits on what answers without knowledge may earn, by kind of attack, with the real MiniLM."""

import pytest

from harness.interview.scoring.score import scorer
from tests.interview import attacks

pytestmark = [pytest.mark.models, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def engine():
    return scorer()


@pytest.mark.parametrize("kind", attacks.texts())
def test_an_attack_gets_no_more_than_its_kind_may(engine, kind):
    tried = attacks.attempts(engine, kind)
    through = [attempt.text for attempt in tried if not attempt.beaten]
    assert len(through) <= 0.05 * len(tried), through


def test_an_injection_changes_nothing(engine):
    assert attacks.moved_by_injection(engine) == []


def test_a_memorised_answer_does_not_transfer(engine):
    scores = attacks.learned_by_heart(engine)
    assert max(score or 0 for score in scores.values()) <= 2, scores


def test_nothing_is_praised(engine):
    for attempt in attacks.attempts(engine, "nothing"):
        assert not attempt.card.shown and attempt.highest <= 1, attempt.text

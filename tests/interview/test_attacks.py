"""Answers that try to get credit without knowing: what each kind may get at most. Real MiniLM."""

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
    through = [one.text for one in tried if not one.beaten]
    assert len(through) <= 0.05 * len(tried), through


def test_an_injection_changes_nothing(engine):
    assert attacks.moved_by_injection(engine) == []


def test_an_answer_learned_by_heart_does_not_travel(engine):
    found = attacks.learned_by_heart(engine)
    assert max(score or 0 for score in found.values()) <= 2, found


def test_nothing_is_praised(engine):
    for one in attacks.attempts(engine, "nothing"):
        assert not one.card.shown and one.highest <= 1, one.text

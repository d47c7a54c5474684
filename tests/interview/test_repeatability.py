"""Scorecards are the same bytes in any process, whatever its hash seed, threads and order of answers."""

import pytest

from tests.interview.repeatability import EACH, PROCESSES, TWICE, answers, differing


@pytest.mark.models
@pytest.mark.timeout(900)
def test_scorecards_are_the_same_bytes_in_two_processes():
    items = answers()
    assert sum("scenario" in item for item in items) == EACH == len(items) // 2
    assert differing(items) == (PROCESSES * TWICE * len(items), 0)

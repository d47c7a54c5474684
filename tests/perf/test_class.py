"""Grading a class takes at most half as long as with plain nbgrader."""

import pytest

from tests.perf.class_of_twelve import compared

pytestmark = [pytest.mark.perf, pytest.mark.timeout(3000)]


def test_a_class_of_twelve_takes_at_most_half_the_time(tmp_path):
    found = compared(tmp_path / "class")
    print(f"\nplain nbgrader / ours, 12 submissions: {found['ratio']:.1f} ({found})")
    assert found["same"]
    assert found["ratio"] >= 2

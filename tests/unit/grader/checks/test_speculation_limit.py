"""A loop that never ends stops the check of lab 05 at the first case."""

import pytest

from grader import checks
from grader.exercise import call_limits
from grader.exercise.exercise import CheckFailed


def test_an_endless_loop_is_tried_once(monkeypatch):
    monkeypatch.setattr(call_limits, "TIMEOUT_S", 0.3)
    calls = []

    def speculative(model, draft, token, most):
        calls.append(most)
        while True:
            pass

    with pytest.raises(CheckFailed, match="still running"):
        checks.speculative(speculative)
    assert len(calls) == 1

"""Attacks through what a check lends: nothing is earned, and the referee is there afterwards."""

from __future__ import annotations

import pytest
from notebooks import described

from grader import checks, watch
from grader.jail import Room, missing
from grader.submission import session
from grader.verdict import CheckFailed
from grader.wire import WorkerError

ATTACKS = described("lent.yaml", "attacks")
SETUP = "import numpy as np\nfrom harness.assistant import Done, Token"
JAILED = pytest.mark.skipif(bool(missing()), reason=missing() or "jailed")


@JAILED
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one["name"])
def test_an_attack_through_what_it_was_lent_earns_nothing(attack, monkeypatch):
    monkeypatch.setattr(watch, "PATIENCE_S", 3.0)
    with session(Room(), call_s=4.0) as learner:
        learner.cell(SETUP)
        learner.cell(attack["source"])
        with pytest.raises((CheckFailed, WorkerError)):
            getattr(checks, attack["check"])(learner.value(attack["check"]))
        if learner.broken is None:  # one attack costs one exercise
            learner.cell("def right(x):\n    return x + 1")
            assert learner.value("right")(1) == 2

"""Attacks through objects that a check exports: nothing is earned, and the referee is there afterwards."""

from __future__ import annotations

import pytest

from grader import checks
from grader.exercise import call_limits
from grader.exercise.exercise import CheckFailed
from grader.remote.framing import WorkerError
from grader.remote.session import session
from grader.sandbox.jail import SandboxSpec, why_no_jail
from grader.sandbox.processes import NotStoppedError
from tests.submissions.notebooks import described

ATTACKS = described("exported_objects.yaml", "attacks")
SETUP = "import numpy as np\nfrom harness.assistant import Done, Token"
JAILED = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")


@JAILED
@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one["name"])
def test_an_attack_through_what_it_was_lent_earns_nothing(attack, monkeypatch):
    monkeypatch.setattr(call_limits, "TIMEOUT_S", 3.0)  # four times that, see PATIENCE
    with session(SandboxSpec(), call_s=12.0) as learner:
        learner.cell(SETUP)
        learner.cell(attack["source"])
        with pytest.raises((CheckFailed, NotStoppedError, WorkerError)) as caught:
            getattr(checks, attack["check"])(learner.value(attack["check"]))
        said = f"{caught.value} {learner.broken}"
        assert attack.get("says", "") in " ".join(said.split())  # a limit is named
        if learner.broken is None:  # one attack costs one exercise
            learner.cell("def right(x):\n    return x + 1")
            assert learner.value("right")(1) == 2

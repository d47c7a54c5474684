"""Code that knows a check's cases, or counts its calls, earns what it does and no more, in any run."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest

from grader import checks
from grader.checks import caching_semantic
from grader.exercise.exercise import CheckFailed
from grader.remote.session import session
from grader.sandbox.jail import SandboxSpec, why_no_jail
from tests.submissions.notebooks import HERE, read
from tests.unit.grader.checks.test_caching_semantic import embed

ATTACKS = read(HERE / "known_cases.yaml")


def earned(learner, attack: dict) -> tuple[float, str]:
    """Return (points, text) of an attack's check."""
    learner.cell(attack["source"])
    given, points = attack.get("arguments", ()), attack.get("points", 1)
    options, printed = {"out_of": points} if "points" in attack else {}, io.StringIO()
    try:
        with redirect_stdout(printed):
            function = learner.value(attack["check"])
            score = getattr(checks, attack["check"])(function, *given, **options)
    except CheckFailed as failed:
        return 0, str(failed)
    return points if score is None else score, printed.getvalue()


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one["name"])
def test_an_attack_earns_no_more_than_it_is_worth(attack, monkeypatch):
    monkeypatch.setattr(caching_semantic, "embedder", lambda: embed)
    with session(SandboxSpec(jailed=not why_no_jail())) as learner:
        points, said = earned(learner, attack)
    assert points == attack.get("earns", 0), said
    assert attack.get("says", "") in " ".join(said.split())

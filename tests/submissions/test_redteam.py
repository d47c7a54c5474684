"""Attacks that suit any exercise: none earns a point, and every exercise has its verdict.

`make test` runs each SAMPLE-th submission, `make redteam` all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from grader.grading.referee import Setting, grade
from grader.sandbox.jail import why_no_jail
from tests.submissions.notebooks import HERE, ROOT, WRONG, lab01, read, submission
from tests.submissions.test_lab01 import SMALL, impatient

ATTACKS = read(HERE / "redteam.yaml")
EXERCISES = {
    "q1-gap": "breakdown",
    "q2-gap": "percentile",
    "q3-gap": "explain",
    "q4-gap": "ceiling",
    "q5-gap": "smallest_fix",
}
BROKEN = ("Its process", "It sent")  # how the verdict of an attack begins that ends the process
SAMPLE = 4  # of some 40 submissions, of which most take a second or two


def submissions() -> Iterator[Sequence[dict]]:
    """Yield the attacks of each submission: one that stops others, or one for each exercise."""
    together = [one for one in ATTACKS if not one.get("alone")]
    for first in range(0, len(together), len(EXERCISES)):
        yield together[first : first + len(EXERCISES)]
    yield from ([one] for one in ATTACKS if one.get("alone"))


def parameters() -> Iterator[object]:
    for number, attacks in enumerate(submissions()):
        marks = [pytest.mark.redteam] if number % SAMPLE else []
        yield pytest.param(attacks, id=", ".join(one["name"] for one in attacks), marks=marks)


@pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")
@pytest.mark.parametrize("attacks", list(parameters()))
def test_an_attack_on_an_exercise_earns_nothing(attacks, tmp_path):
    cells = {
        gap: one["code"].replace("FUNCTION", function)
        for (gap, function), one in zip(EXERCISES.items(), attacks, strict=False)
    }
    known = {"REPOSITORY": str(ROOT), "GRADEBOOK": str(tmp_path / "gradebook.db")}
    notebook = submission({"cells": cells}, WRONG, **known)
    report = grade(lab01(), notebook, Setting(limits=SMALL, thresholds=impatient))
    assert report.points == 0, report
    assert report.complete
    assert all(mark.reason for mark in report.marks)
    stopped = [one for one in report.marks if one.reason.startswith(BROKEN)]
    assert len(attacks) == 1 or not stopped, "It needs `alone: true`, or it hides the next ones."
    assert not list(tmp_path.glob("*.owned"))


def test_every_attack_has_a_name_of_its_own():
    assert len({one["name"] for one in ATTACKS}) == len(ATTACKS) >= 80

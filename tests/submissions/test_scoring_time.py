"""Attacks on the clock earn nothing; an entry that is fast and right earns its points.

Real processes, real HTTP and real time, but no model: waits of known length. Nothing here depends on a few
milliseconds: what is fast is so by a factor of three, and an attack may be found slow or undecided.
"""

from __future__ import annotations

import pytest
import yaml

from grader.grading.lab import lab
from grader.grading.referee import Setting, grade
from grader.grading.report import Outcome
from grader.sandbox.jail import why_no_jail
from grader.thresholds import Thresholds
from tests.small_lab import BAR as USUAL
from tests.small_lab import cell, notebook
from tests.submissions.notebooks import HERE

DATA = yaml.safe_load((HERE / "bar.yaml").read_text(encoding="utf-8"))
GRADE = "l10-q5-bar"
BAR = USUAL.model_copy(update={"grade": GRADE})


def asked(name):
    return Thresholds(models=False, check_s=40, cell_s=30, call_s=10, total_s=60, bar=BAR)


def submission(*sources):
    return notebook(*map(cell, sources), cell("checks.under_bar(entry)", GRADE, 20))


def graded(one):
    setting = Setting(
        thresholds=asked, yardstick=f"{DATA['yardstick']}\n{one.get('yardstick', '')}"
    )
    return grade(lab("bar", submission()), submission(DATA["base"], one.get("code", "")), setting)


# They are real attacks: without a jail they would do to this machine what they try to do in it.
JAILED = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")


def named(one):
    return one["name"]


@JAILED
@pytest.mark.parametrize("attack", DATA["attacks"], ids=named)
def test_an_attack_earns_no_more_than_it_is_worth(attack):
    for _ in range(1 + attack.get("twice", False)):
        report = graded(attack)
        [mark] = report.marks
        assert report.points <= attack["earns"], report
        assert mark.outcome in (Outcome.FAILED, Outcome.UNDECIDED), report
        assert attack.get("says", "") in mark.reason
        assert mark.reason


@pytest.mark.parametrize("honest", DATA["honest"], ids=named)
def test_honest_entries_earn_what_they_should(honest):
    report = graded(honest)
    assert report.points == honest["earns"], report
    assert report.complete


def test_every_attack_of_the_catalogue_on_time_is_there():
    numbers = {attack["number"] for attack in DATA["attacks"]}
    assert {1, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23} == numbers

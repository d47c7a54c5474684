"""The checks of lab 02: excellent, typical, empty and bad submissions, and what each is told."""

import pytest

from grader import checks, watch
from grader.verdict import CheckFailed
from tests.unit.grader.golden_submissions import answer, load

OUT_OF = {"times": 25}
CHECKS = ("stream", "frame", "parse", "times", "deliver")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A loop that never ends takes a second here, and eight in a lab."""
    monkeypatch.setattr(watch, "PATIENCE_S", 1.0)


@pytest.mark.parametrize("one", load("streaming", "excellent"))
def test_an_excellent_submission_passes_with_one_line(one, capsys):
    for _ in range(10):
        points, _ = answer(one, OUT_OF.get(one["check"]))
        assert points == one.get("points")
        [line] = capsys.readouterr().out.splitlines()
        assert "passed" in line


@pytest.mark.parametrize("one", load("streaming", "typical", "bad"))
def test_a_mistake_is_named_and_says_where_to_look(one, capsys):
    points, said = answer(one, OUT_OF.get(one["check"]))
    assert points == one.get("points", 0)
    printed = capsys.readouterr().out
    said = said or printed  # a check with partial points prints what failed
    assert one["says"] in " ".join(said.split())
    for label in ("expected", "got", "look at"):
        assert f"\n  {label}" in said
    block = said[said.index("Lab 0") :].splitlines()[:9]  # before it, what the function printed
    assert max(map(len, block)) <= 86  # `nbgrader validate` cuts there


@pytest.mark.parametrize("name", CHECKS)
def test_an_empty_exercise_says_so(name):
    def empty(*arguments):
        raise NotImplementedError(f"Lab 02: {name}() is still empty.")

    options = {"out_of": OUT_OF[name]} if name in OUT_OF else {}
    with pytest.raises(CheckFailed, match="still empty"):
        getattr(checks, name)(empty, **options)
    with pytest.raises(CheckFailed, match="look at"):
        getattr(checks, name)(None, **options)

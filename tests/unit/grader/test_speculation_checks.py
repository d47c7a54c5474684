"""The checks of lab 05: excellent, typical, empty and bad submissions, and what each is told."""

import pytest

from grader import checks, watch
from grader.verdict import CheckFailed
from tests.unit.grader.golden_submissions import answer, load

CHECKS = ("agree", "accept", "tokens_a_step", "speedup", "best_length")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A loop that never ends takes a second here, and eight in a lab."""
    monkeypatch.setattr(watch, "PATIENCE_S", 1.0)


@pytest.mark.parametrize("one", load("speculation", "excellent"))
def test_an_excellent_submission_passes_with_one_line(one, capsys):
    for _ in range(10):
        points, _ = answer(one)
        assert points == one.get("points")
        [line] = capsys.readouterr().out.splitlines()
        assert "passed" in line


@pytest.mark.parametrize("one", load("speculation", "typical", "bad"))
def test_a_mistake_is_named_and_says_where_to_look(one, capsys):
    points, said = answer(one)
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
        raise NotImplementedError(f"Lab 05: {name}() is still empty.")

    with pytest.raises(CheckFailed, match="still empty"):
        getattr(checks, name)(empty)
    with pytest.raises(CheckFailed, match="look at"):
        getattr(checks, name)(None)


def test_a_right_sampler_passes_again_and_again():
    """Sixty tests of 20,000 draws each at a false-alarm rate of 1e-7: nobody is failed by luck."""
    [one] = [
        p.values[0] for p in load("speculation", "excellent") if p.values[0]["check"] == "accept"
    ]
    for _ in range(10):
        assert answer(one) == (None, "")

"""Random numbers that follow from a secret where a referee grades, and are fresh everywhere else."""

from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from grader import checks, secret
from grader.exercise.exercise import CheckFailed
from grader.exercise.randomness import asked, fresh_rng, fresh_seed, seeded
from grader.grading import referee
from grader.grading.lab import lab
from grader.grading.referee import Setting, grade

CHECK = {"nbgrader": {"grade": True, "grade_id": "q", "points": 1, "solution": False}}


def numbers(seed):
    with seeded(seed):
        return [fresh_rng().random(), fresh_seed(), fresh_rng().random()]


def test_the_same_seed_gives_the_same_numbers():
    assert numbers(7) == numbers(7)
    assert numbers(7) != numbers(8)
    first, _, second = numbers(7)
    assert first != second


def test_without_a_seed_the_numbers_are_fresh():
    assert numbers(7) != [fresh_rng().random(), fresh_seed(), fresh_rng().random()]
    assert fresh_seed() != fresh_seed()


def test_cases_are_asked_in_random_order_and_again_and_returned_in_their_own():
    calls = []
    with seeded(7):
        answers = asked(lambda case: calls.append(case) or -case, range(100))
    cases = [case for case, _ in answers]
    assert cases[:100] == list(range(100)) and len(cases) == 150
    assert all(answer == -case for case, answer in answers)
    assert sorted(calls) == sorted(cases) and calls[:100] != cases[:100]
    with seeded(7):
        assert asked(lambda case: -case, range(100)) == answers


def test_a_check_of_a_lab_uses_the_seed():
    def inputs(seed):
        seen = []

        def percentile(samples_ms, p):
            seen.append((tuple(samples_ms), p))
            raise ValueError("seen enough")

        with seeded(seed), pytest.raises(CheckFailed):
            checks.percentile(percentile, out_of=15)
        return seen

    assert inputs(1) == inputs(1)
    assert inputs(1) != inputs(2)


def test_the_referee_seeds_by_secret_submission_and_check(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(checks, "__all__", [*checks.__all__, "look"])
    monkeypatch.setattr(checks, "look", lambda: seen.append(fresh_seed()), raising=False)
    wanted = lab("01-look", new_notebook(cells=[new_code_cell("checks.look()", metadata=CHECK)]))

    def graded(source, key):
        monkeypatch.setattr(secret.seed, "__kwdefaults__", {"file": tmp_path / key})
        submission = new_notebook(cells=[new_code_cell(source), *_check(wanted)])
        grade(wanted, submission, Setting(jailed=False))
        return seen[-1]

    monkeypatch.setattr(referee, "session", _nobody)
    first = graded("x = 1", "key")
    assert graded("x = 1", "key") == first
    assert graded("x = 2", "key") != first
    assert graded("x = 1", "another key") != first


def _check(wanted):
    return [new_code_cell(source, metadata=CHECK) for source in wanted.sources]


class _Nobody:
    """A stand-in for a learner's process that does nothing."""

    process = SimpleNamespace(started=SimpleNamespace(note=""), tail=SimpleNamespace(text=str))

    def renew_limits(self, deadline=0.0):
        pass

    def ask(self, verb, name="", **request):
        pass

    def cell(self, source, limit_s):
        pass


def _nobody(*_):
    from contextlib import nullcontext

    return nullcontext(_Nobody())

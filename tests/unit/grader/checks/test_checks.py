"""Checks say expected, got and where to look, whatever a learner's function does."""

from __future__ import annotations

import math
import os
import sys
from random import Random

import numpy as np
import pytest

from grader import checks
from grader.checks import profile_ceiling
from grader.exercise.exercise import CheckFailed, score
from harness.assistant import Done, Token
from harness.semconv import STAGES

# ---- reference answers, written for these tests --------------------------------------------------


def timings(events):
    ttft = [at for at, event in events if isinstance(event, Token) and event.text]
    return ttft[0], next(at for at, event in events if isinstance(event, Done))


def breakdown(trace):
    return {
        stage: sum(span.duration_ms for span in trace.spans if span.name == stage)
        for stage in STAGES
    }


def percentile(samples, p):
    if (p / 100) ** len(samples) > 0.01:
        raise ValueError("too few")
    ordered = sorted(samples)
    rank = (len(ordered) - 1) * p / 100
    low, high = math.floor(rank), math.ceil(rank)
    return ordered[low] + (rank - low) * (ordered[high] - ordered[low])


def explain(stage_ms, total_ms):
    return max(stage_ms, key=stage_ms.get), sum(stage_ms.values()) / total_ms


def ceiling(stage_ms, stage, factor):
    return sum(stage_ms.values()) - stage_ms[stage] + stage_ms[stage] / factor


def smallest_fix(stage_ms, limit_ms):
    names = sorted(stage_ms, key=stage_ms.get)
    left = sum(stage_ms.values())
    chosen = []
    while left > limit_ms:
        chosen.append(names.pop())
        left -= stage_ms[chosen[-1]]
    return chosen


FUNCTIONS = [
    (checks.timings, timings, {"out_of": 70}),
    (checks.breakdown, breakdown, {}),
    (checks.percentile, percentile, {"out_of": 15}),
    (checks.explain, explain, {}),
    (checks.ceiling, ceiling, {}),
    (checks.smallest_fix, smallest_fix, {}),
]
EVERY = pytest.mark.parametrize(
    ("check", "options"), [(check, options) for check, _, options in FUNCTIONS]
)


def failure(check, *args, **options) -> str:
    with pytest.raises(CheckFailed) as caught:
        check(*args, **options)
    return str(caught.value)


def test_no_limit_is_met_but_for_rounding():
    tied = {"network": 224.9, "preprocess": 195.5, "retrieve": 104.5, "generate": 2460.4}
    clear = {"network": 224.9, "preprocess": 195.5, "retrieve": 104.4, "generate": 2460.4}
    tables, limits = iter([tied, clear]), iter([300.0, 300.0])
    rng = Random()
    rng.choice = lambda _: next(limits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(profile_ceiling, "stage_table", lambda _: next(tables))
        assert profile_ceiling._clear_case(rng) == (clear, 300.0)


@pytest.mark.parametrize(("check", "right", "options"), FUNCTIONS)
def test_a_right_answer_passes_with_one_line(check, right, options, capsys):
    for _ in range(5):
        points = check(right, **options)
        assert points == options.get("out_of")
        assert type(points) in (float, type(None))
        [line] = capsys.readouterr().out.splitlines()
        assert "passed" in line


@EVERY
def test_an_empty_exercise_says_so(check, options):
    def empty(*args):
        raise NotImplementedError("Passed, says the dean.")

    said = failure(check, empty, **options)
    assert "still empty" in said and "dean" not in said
    assert "# Your turn." in said


@EVERY
@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        (lambda *args: None, "None"),
        (lambda *args: (math.inf, math.inf), ""),
        (lambda *args: math.nan, ""),
        (lambda *args: "generate", "str"),
        (lambda *args: [[], {}], ""),
        (lambda *args: np.array([1.0, 2.0]), ""),
        (lambda *args: 1 / 0, "ZeroDivisionError"),
        (lambda *args: sys.exit(3), "SystemExit"),
        (lambda *args: True, ""),
        (lambda: 0, "TypeError"),
        ({"a": "table"}, ""),
        (None, ""),
    ],
)
def test_a_hopeless_answer_fails_in_a_short_block(check, options, wrong, hint):
    said = failure(check, wrong, **options)
    lines = said.splitlines()
    assert len(lines) <= 9
    assert max(map(len, lines)) <= 86  # `nbgrader validate` cuts there
    assert [label for label in ("expected", "got", "look at") if f"\n  {label}" not in said] == []
    assert hint in said


def test_ipython_shows_the_block_and_no_traceback():
    with pytest.raises(CheckFailed) as caught:
        checks.breakdown(lambda trace: {})
    assert caught.value._render_traceback_() == str(caught.value).splitlines()


def test_an_error_in_the_learners_code_names_its_line():
    def broken(trace):
        names = []
        return names[7]

    said = failure(checks.breakdown, broken)
    assert "IndexError: list index out of range" in said
    assert "return names[7]" in said


@pytest.mark.parametrize(
    ("wrong", "look"),
    [
        (lambda t: {s.name: s.duration_ms for s in t.spans if s.name in STAGES}, "replaced"),
        (lambda t: {s.name: s.duration_ms for s in t.spans}, "request"),
        (lambda t: {n: ms / 1000 for n, ms in breakdown(t).items()}, "ms already"),
        (lambda t: t.stage_ms(), "already solved"),
        (lambda t: t.coverage, "already solved"),
        (lambda t: {"network": 1.0}, "generate, postprocess"),
    ],
)
def test_breakdown_knows_the_usual_mistakes(wrong, look):
    assert look in failure(checks.breakdown, wrong)


def test_percentile_gives_partial_credit_as_a_plain_float(capsys):
    points = checks.percentile(lambda samples, p: np.percentile(samples, p), out_of=15)
    assert repr(points) == "10.0"
    assert "ValueError for p99 of 20 samples" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "look"),
    [
        (lambda s, p: s[(len(s) - 1) * p // 100], ""),
        (lambda s, p: sorted(s)[int(len(s) * p / 100)], "interpolate"),
        (lambda s, p: sum(s) / len(s), "mean"),
    ],
)
def test_percentile_knows_the_usual_mistakes(wrong, look):
    assert look in failure(checks.percentile, wrong, out_of=15)


def test_percentile_must_not_refuse_what_is_enough(capsys):
    def shy(samples, p):
        if p > 90:
            raise ValueError("never enough")
        return percentile(samples, p)

    assert checks.percentile(shy, out_of=15) == 10
    assert "p99 of 459 samples, which are enough" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "look"),
    [
        (lambda s, total: (max(s, key=s.get), 1.0), "divisor"),
        (lambda s, total: (max(s, key=s.get), max(s.values()) / total), "numerator"),
        (lambda s, total: (max(s, key=s.get), 100 * sum(s.values()) / total), "percentage"),
        (lambda s, total: (min(s, key=s.get), sum(s.values()) / total), "largest value"),
    ],
)
def test_explain_knows_the_usual_mistakes(wrong, look):
    assert look in failure(checks.explain, wrong)


@pytest.mark.parametrize(
    ("wrong", "look"),
    [
        (lambda s, stage, f: s[stage] / f, "as long as before"),
        (lambda s, stage, f: sum(s.values()) / f, "only one stage"),
    ],
)
def test_ceiling_knows_the_usual_mistakes(wrong, look):
    assert look in failure(checks.ceiling, wrong)


def test_any_smallest_set_is_right():
    def other_pair(stage_ms, limit_ms):
        right = smallest_fix(stage_ms, limit_ms)
        if stage_ms["generate"] == 2500 and limit_ms == 500:
            return {"generate", "preprocess"}  # 100 + 300 + 100 is exactly 500
        return set(right)

    checks.smallest_fix(other_pair)


def test_one_stage_too_many_or_too_few_is_noticed():
    assert "others still take 700.0 ms" in failure(
        checks.smallest_fix, lambda s, limit: ["generate"]
    )
    assert "largest stage first" in failure(checks.smallest_fix, lambda s, limit: list(s))


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        (dict.fromkeys(STAGES, 100), None),
        (dict.fromkeys(STAGES, 101), "5.0 ms over"),
        (dict.fromkeys(STAGES, 0), "nothing is free"),
        (dict.fromkeys(STAGES), "a number for network"),
        ({"generate": 400}, "the names"),
        ([100] * 5, "the names"),
        (dict.fromkeys(STAGES, math.inf), "finite"),
    ],
)
def test_budget(budget, says):
    if says is None:
        checks.budget(budget)
    else:
        assert says in failure(checks.budget, budget)


@pytest.mark.parametrize(
    ("guess", "says"),
    [
        ({"a": 1, "b": 2.5}, None),
        ({"a": 1}, "a number for b"),
        ({}, "a number for a"),
        ({"a": None, "b": 1}, "a number for a"),
        ({"a": 1, "b": -3}, "zero or more"),
        ({"a": 0, "b": 1}, None),
        ({"a": 1, "b": "2"}, "plain number"),
        ([1, 2], "a dict"),
        ({"a": 1, "b": math.nan}, "your guess"),
    ],
)
def test_prediction(guess, says):
    if says is None:
        checks.prediction(guess, ["a", "b"], lab="00")
    else:
        assert says in failure(checks.prediction, guess, ["a", "b"], lab="00")


def test_score_raises_the_first_failure_when_nothing_passes():
    def no(title):
        def part():
            raise CheckFailed(title, "a", "b", "c")

        return part

    with pytest.raises(CheckFailed, match="first"):
        score(10, (0.5, no("first")), (0.5, no("second")))


def test_what_a_learners_code_writes_to_stderr_comes_out_on_stdout(capfd):
    def noisy(trace):
        print("from Python", file=sys.stderr)
        os.write(2, b"from C\n")
        return breakdown(trace)

    checks.breakdown(noisy)
    out, err = capfd.readouterr()
    assert err == ""
    assert "from Python" in out
    assert "from C" in out

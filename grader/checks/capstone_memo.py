"""The check of lab 10 on the memo: three options with measured numbers, a question back, and a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from grader.checks.mock_interview import scorer
from grader.exercise.exercise import Exercise, Unit, check, kind
from harness.labs.capstone.kept_steps import kept_steps
from harness.learner.attempts import in_notebook

MEMO = Exercise("10", 7, "memo")
MEASURED = Unit("{:,.0f} ms", within=1.0, relative=0.01)  # typed numbers are rounded

JOBS = {  # expectation of the interview's rubric -> what a memo gives to product
    "TRD-OPTIONS": "options with numbers",
    "TRD-COST": "what they cost",
    "COM-CHOICE": "the question back",
    "TRD-RULE": "the rule",
}
CONDITION = re.compile(
    r"\b(if|when|unless|until|while|once|whenever|above|below|as long as)\b", re.I
)


@check
def memo(options: Sequence[Mapping[str, object]], ask: str, rule: str) -> None:
    """Check for three different options with measured numbers, a question back, and a rule with a condition.

    The numbers are compared with the steps that this learner measured. A referee, who has not seen that
    measurement, checks only that they are possible. It also prints what the interview's rubric finds in the
    text. That costs no points: a person marks it.
    """
    options = MEMO.returned(options, list | tuple, "a list of options", look="`options`")
    if len(options) != 3:
        MEMO.fail("three options", f"{len(options)}", "the list of options")
    for number, option in enumerate(options, start=1):
        option = MEMO.returned(option, Mapping, f"a dict as option {number}", look="`options`")
        for name in ("what", "cost"):
            if len(_words(option.get(name))) < 3:
                expected = f"at least three different words for `{name}` of option {number}"
                MEMO.fail(expected, kind(option.get(name)), f"`{name}` in that option")
        _judge_times(number, option)
    for name in ("what", "cost", "e2e_ms"):
        _judge_different(name, [option[name] for option in options])
    for name, text in (("question back", ask), ("rule", rule)):
        if len(_words(text)) < 6:
            expected = f"a {name} in a sentence of six different words or more"
            MEMO.fail(expected, kind(text), f"the {name}")
    if "?" not in ask:
        MEMO.fail(
            "a question back, which ends with `?`", kind(ask), "`ask`: what has product to say?"
        )
    if not CONDITION.search(rule):
        look = "`rule`: if this, then that; which number or answer decides?"
        MEMO.fail("a rule with a condition", kind(rule), look)
    MEMO.passed(f"Product can decide with this. {_matched(options, ask, rule)}")


def _words(text: object) -> set[str]:
    """Return the different words of a text, without single letters, numbers and signs."""
    return set(re.findall(r"[^\W\d_]{2,}", text.lower())) if isinstance(text, str) else set()


def _judge_times(number: int, option: Mapping[str, object]) -> None:
    ttft_ms, e2e_ms = (
        MEMO.finite(option.get(name), f"{name} of option {number}")
        for name in ("ttft_ms", "e2e_ms")
    )
    if ttft_ms <= 0:
        look = "`results.steps`: the p50 that you measured"
        MEMO.fail(f"a time above zero as ttft_ms of option {number}", f"{ttft_ms:g}", look)
    if ttft_ms > e2e_ms:
        MEMO.fail(
            f"option {number} with its first text before its end: ttft_ms at most e2e_ms",
            f"{ttft_ms:g} ms and {e2e_ms:g} ms",
            "which of the two is which: TTFT is the first text, end-to-end the last",
        )
    _judge_measured(number, ttft_ms, e2e_ms)


def _judge_measured(number: int, ttft_ms: float, e2e_ms: float) -> None:
    """Raise CheckFailed unless one step has both numbers, if steps have been measured here."""
    steps = kept_steps() if in_notebook() else {}
    if steps and not any(
        MEASURED.near(ttft_ms, t) and MEASURED.near(e2e_ms, e) for t, e in steps.values()
    ):
        name = min(steps, key=lambda name: abs(steps[name][1] - e2e_ms))
        ttft, e2e = map(MEASURED.form.format, steps[name])
        MEMO.fail(
            f"in option {number} both numbers of a step you measured, such as {name!r}: {ttft} and {e2e}",
            f"{ttft_ms:,.0f} ms and {e2e_ms:,.0f} ms",
            "`results.steps`: p50 of `ttft_ms` and of `e2e_ms`; measuring again changes them",
        )


def _judge_different(name: str, values: Sequence[object]) -> None:
    if len(set(values)) < len(values):
        look = "the options: product chooses between things that differ"
        MEMO.fail(f"three different values of `{name}`", f"{values!s:.120}", look)


def _matched(options: Sequence[Mapping[str, object]], ask: str, rule: str) -> str:
    lines = [
        f"Option {number}: {option['what']}; first words after {option['ttft_ms']:.0f} ms, all after "
        f"{option['e2e_ms']:.0f} ms; it costs {option['cost']}."
        for number, option in enumerate(options, start=1)
    ]
    shown = scorer().answer(" ".join([*lines, ask, rule])).shown
    matched = [job for expectation, job in JOBS.items() if expectation in shown]
    if not matched:
        return "The interview's rubric finds none of what it looks for in it: would product?"
    return f"The interview's rubric finds {', '.join(matched)}; a person reads the rest."

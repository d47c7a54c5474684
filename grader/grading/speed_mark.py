"""The mark for a timed entry: its verdict on speed, and whether a model answered, and answered well."""

from __future__ import annotations

from dataclasses import replace

from grader.grading.paired_run import DISTURBED, PairedRun
from grader.grading.report import Mark, Outcome
from grader.thresholds import Bar
from harness.measure.latency.sequential_test import State
from harness.measure.machine.describe import busy
from harness.models.engines.llama_model import gpu_layers
from harness.serve.entry import Division

# Of the answers, that may take hardly any CPU time; a model's share varies by two between questions.
MOST_IDLE = 0.1


def speed_mark(id_: str, points: float, runs: list[PairedRun], bar: Bar) -> Mark:
    """Return the mark for the last of `runs`, with its times and its number of right answers."""
    last = runs[-1]
    pairs = last.comparison.pairs if last.comparison.clean else ()
    times = tuple((pair.a.e2e_ms, pair.b.e2e_ms) for pair in pairs)
    right = last.quality.right if pairs and last.quality else None
    counts = (right.successes, right.n) if right else None
    return replace(_mark(id_, points, last, bar), pairs=times, right=counts)


def _mark(id_: str, points: float, last: PairedRun, bar: Bar) -> Mark:
    if last.yardstick_fault:
        reason = f"The yardstick failed, not you: {last.yardstick_fault.sentence}"
        return Mark(id_, Outcome.NOT_GRADED, None, points, reason)
    if last.fault:
        return Mark(id_, Outcome.FAILED, 0.0, points, last.fault.sentence)
    if last.late and last.verdict.state is State.FASTER and _too_few(last, bar):
        return Mark(id_, Outcome.UNDECIDED, None, points, _unfinished(last, bar), queued=True)
    if last.verdict.state is State.UNDECIDED:
        return Mark(id_, Outcome.UNDECIDED, None, points, _undecided(last), queued=True)
    if last.verdict.state is State.SLOWER:
        return Mark(id_, Outcome.FAILED, 0.0, points, _slower(last))
    if no_model := _without_model(last, bar):
        return Mark(id_, Outcome.FAILED, 0.0, points, no_model)
    if too_bad := _worse(last, bar):
        return Mark(id_, Outcome.FAILED, 0.0, points, too_bad)
    return Mark(id_, Outcome.PASSED, points, points, last.verdict.sentence())


def _slower(last: PairedRun) -> str:
    if last.verdict.pairs < min(last.verdict.rule.looks):
        ratios = last.comparison.ratios
        return (
            f"Slower: {min(ratios):.1f} times the yardstick or more in each of {len(ratios)} pairs."
        )
    return last.verdict.sentence()


def _too_few(last: PairedRun, bar: Bar) -> bool:
    right = last.quality.right
    return right.n < bar.pairs or bar.right.verdict(right.successes, right.n) is None


def _unfinished(last: PairedRun, bar: Bar) -> str:
    return (
        f"Undecided: time was up after {len(last.comparison.pairs)} timed pairs; a pass needs {bar.pairs}, "
        f"and answers that are clearly more than {bar.right.too_bad:.0%} right. "
        f"{busy().sentence()} This costs no points; try again on a quieter machine."
    )


def _undecided(last: PairedRun) -> str:
    now = busy().sentence()
    if last.disturbed > DISTURBED:
        return (
            f"Undecided: the yardstick took {last.disturbed:.1f} times as long as alone. "
            f"{now} This costs no points; try again on a quieter machine."
        )
    return f"{last.verdict.sentence()} {now} This costs no points."


def _without_model(last: PairedRun, bar: Bar) -> str:
    """Return why this is an entry without a language model, as it says itself or as counted here, or ""."""
    idle, n = last.idle_answers(bar.work), len(last.work_s[0])
    if last.division is Division.NO_MODEL:
        found = "The entry says that no language model writes its answers"
    elif idle > MOST_IDLE * n and not gpu_layers():  # a GPU's work is not in the CPU time
        found = (
            f"No language model has written {idle} of {n} answers: each took less than {bar.work:.0%} of the "
            "yardstick's CPU time"
        )
    else:
        return ""
    return (
        f"Division without a language model. {found}. {last.verdict.sentence()} Right: {last.quality.right}. "
        "These points are the closed division's, where a language model writes each answer."
    )


def _worse(last: PairedRun, bar: Bar) -> str:
    """Return why the timed answers are not good enough, or ""."""
    quality = last.quality
    if not bar.right.holds(quality.right.successes, quality.right.n):
        return (
            f"Fast, but right in {quality.right} of the timed answers: clearly more than "
            f"{bar.right.too_bad:.0%} are required, as of the slow assistant less five points."
        )
    if quality.length.median_ratio < bar.shortest:
        return (
            f"Fast, but its answers have {quality.length.median_ratio:.0%} of the reference's words: "
            f"{bar.shortest:.0%} are required."
        )
    return ""

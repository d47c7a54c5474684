"""The checks of lab 04, second half: a prediction against a measurement, and the file to ship."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind, say
from grader.exercise.randomness import asked, fresh_rng, fresh_seed
from harness.labs.quantization.loaded_files import exam_prompts
from harness.labs.quantization.phases import best_step_ms, measure_phases, times_faster
from harness.labs.quantization.weights import kv_bytes, weight_bytes
from harness.measure.machine import describe
from harness.measure.model_files.divergence import Divergence, divergence, held_out
from harness.measure.model_files.quality_gate import MARGIN, MAX_KL, Candidate
from harness.measure.quality.exam import draw_exam as exam
from harness.measure.stats import Interval
from harness.models import tiers
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.threads import Threads
from harness.models.offline import FULL

ROUNDS = 40  # fresh inputs per check
KINDS = ("Q2_K", "Q4_0", "Q4_1", "Q5_0", "Q6_K", "Q8_0", "IQ4_NL", "F16")
# Factors between predicted and measured: all points, half of them. On a quiet EPYC (Zen 3) a step of the full
# file reaches 63 % of the bandwidth, a factor of 1.6.
NEAR, FAR = 2.0, 3.0
TURNS = 4  # of bandwidth and steps: other programs seldom disturb all of them
TEXTS = 2  # held-out conversations: some 700 predictions are compared
PAIRS = 6  # of timed prompts: an interval needs five
SHORT = 64  # tokens of a prompt of which only the decode steps are timed

PREDICTED = Exercise("04", 3, "predicted")
PICK = Exercise("04", 4, "pick")
SHIP = Exercise("04", 5, "ship")


# ---- exercise 3: the prediction, measured --------------------------------------------------------------


@check
def predicted(function: Callable[[float, float, float], float], out_of: float) -> float:
    """Compare the floor that `function` computes for the full file with a step measured now, on one core.

    All points within a factor of 2 either way, half of them within 3. The learner measures nothing here
    that could be adjusted to fit.
    """
    gbs, measured_ms = _full_file_now()
    predicted = CallLimits(PREDICTED).call(
        function, float(weight_bytes(_full())), kv_bytes(_full(), SHORT), gbs
    )
    predicted_ms = PREDICTED.finite(predicted, "the prediction")
    if predicted_ms <= 0:
        PREDICTED.fail("a time above zero", f"{predicted_ms:g} ms", "step_ms() of exercise 3")
    factor = math.exp(abs(math.log(predicted_ms / measured_ms)))
    line = (
        f"predicted {predicted_ms:.1f} ms, measured {measured_ms:.1f} ms a token at {gbs:.1f} GB/s"
    )
    if factor <= NEAR:
        PREDICTED.passed(f"{line}: a factor of {factor:.2f}.")
        return float(out_of)
    if factor <= FAR:
        ratio = f"a factor of {factor:.2f}"
        say(f"{PREDICTED}: half of the points. {line}: {ratio}; is the machine busy?")
        return float(out_of / 2)
    PREDICTED.fail(
        f"a prediction within a factor of {NEAR} of the measured time",
        f"{line}: a factor of {factor:.1f}",
        "step_ms() of exercise 3, and whether the machine is busy",
    )


def _full() -> Path:
    """Return the full-precision file of the tier that the learner works with."""
    return tiers.chosen_tier().compared.gguf(FULL)


def _full_file_now() -> tuple[float, float]:
    """Return the best (GB/s of one core, ms per token of the full file with one thread), measured in turn."""
    model = LlamaModel(_full(), threads=Threads(decode=1, prefill=1))
    prompt = list(range(100, 100 + SHORT))
    gbs, steps = [], []
    for _ in range(TURNS):
        gbs.append(describe.measure_bandwidth().bandwidth_one_core_gbs)
        steps.append(best_step_ms(model.context, prompt))
    return max(gbs), min(steps)


# ---- exercise 4: the gate ------------------------------------------------------------------------------


@check
def pick(function: Callable[[list[Candidate], float, float], str]) -> None:
    """Check the fastest file that keeps both limits, or the first, full file if no other does.

    None, one or two of the fastest files fail a limit.
    """
    limits, rng = CallLimits(PICK), fresh_rng()
    cases = [*(_gate(rng, turn) for turn in range(ROUNDS)), *_at_the_limits(rng)]
    for (files, *most), got in asked(lambda case: limits.call(function, *case), cases):
        names = [file.name for file in files]
        if got not in names:
            PICK.fail(f"a name, one of {names}", kind(got), "the line with `return`")
        passed = [files[0], *(file for file in files[1:] if not _broken(file, *most))]
        right = min(passed, key=lambda file: file.ms).name
        PICK.expect(got, right, f"of {_table(files)}", _look_at_pick, files, *most)
    PICK.passed("Fast, small and wrong: of these three, only the last one counts.")


def _gate(rng: Random, turn: int) -> tuple[list[Candidate], float, float]:
    """Return the full file and others, the limit on KL and the margin, all with drawn names and scales."""
    kl, worst = rng.uniform(0.2, 4), rng.uniform(0.3, 1.5)
    full, *rest = _candidates(rng, turn)
    names = rng.sample(KINDS, len(rest))
    drawn = [
        replace(file, name=name, kl=kl * file.kl, worst=worst * file.worst)
        for name, file in zip(names, rest, strict=True)
    ]
    return [full, *drawn], kl * MAX_KL, worst * MARGIN


def _at_the_limits(rng: Random) -> list[tuple[list[Candidate], float, float]]:
    """Return cases in which the fastest file is exactly at a limit, which it keeps."""
    full, kl, margin = Candidate(FULL, 400.0, 0.0, 0.0), rng.uniform(0.01, 0.09), 0.15
    at = ((kl, -0.05), (kl / 2, -margin), (kl, -margin))
    names = rng.sample(KINDS, len(at))
    files = (
        Candidate(name, rng.uniform(90, 300), *seen) for name, seen in zip(names, at, strict=True)
    )
    return [([full, file], kl, margin) for file in files]


def _candidates(rng: Random, turn: int) -> list[Candidate]:
    """Return the full file and others: the fastest fail by KL, by answers or by both; one is no faster."""
    wrong = (
        (rng.uniform(0.05, 0.4), rng.uniform(-0.1, -0.02)),
        (rng.uniform(0.001, 0.015), rng.uniform(-0.5, -0.2)),
        (rng.uniform(0.2, 0.9), rng.uniform(-0.6, -0.3)),
    )
    times = (rng.uniform(80, 120), rng.uniform(125, 170))[: rng.choice((0, 1, 1, 2))]
    rest = [Candidate("", ms, *wrong[(turn + n) % len(wrong)]) for n, ms in enumerate(times)]
    if turn % 4:
        rest.append(Candidate("", rng.uniform(180, 250), rng.uniform(0, 0.01), -0.06))
        rest.append(Candidate("", rng.uniform(300, 380), rng.uniform(0, 0.001), -0.05))
    if turn % 2:
        rest.append(Candidate("", rng.uniform(420, 600), MAX_KL * rng.uniform(0.2, 0.9), -0.08))
    rng.shuffle(rest)
    return [Candidate(FULL, rng.uniform(400, 420), 0.0, 0.0), *rest]


def _broken(file: Candidate, most_kl: float, margin: float) -> str:
    """Return the limits that the file breaks, in words; empty if it passes."""
    kl = [f"KL: {file.kl:.3f}, at most {most_kl:.3f}"] if file.kl > most_kl else []
    answers = [f"answers: {file.worst:+.2f}, at worst {-margin:+.2f}"]
    return "; ".join(kl + (answers if file.worst < -margin else []))


def _look_at_pick(got: str, files: Sequence[Candidate], most_kl: float, margin: float) -> str:
    file = next(file for file in files if file.name == got)
    if file is not files[0] and (broken := _broken(file, most_kl, margin)):
        return f"the limits before the time: {got} fails by {broken}, however fast it is"
    at_limit = [f.name for f in files if f.kl == most_kl or f.worst == -margin]
    if at_limit:
        return (
            f"the comparison: {at_limit[0]} is exactly at a limit, and a limit met exactly passes"
        )
    return "of those that pass, the one with the lowest ms; the first always passes"


def _table(files: Sequence[Candidate]) -> str:
    rows = (f"{f.name} ({f.ms:.0f} ms, KL {f.kl:.3f}, worst {f.worst:+.2f})" for f in files)
    return ", ".join(rows)


# ---- exercise 5: the file itself -----------------------------------------------------------------------


@check
def ship(function: Callable[[], str]) -> None:
    """Check that the learner's kind is smaller than the full file, not slower, and close to it in KL.

    A file with a KL above the limit is refused, however fast it is.
    """
    name = _kind(CallLimits(SHIP).call(function))
    full = LlamaModel(_full())
    shipped = LlamaModel(tiers.chosen_tier().compared.gguf(name), threads=full.threads)
    distance = _distance(shipped, full)
    ratio, interval = _race(full, shipped)
    speed = f"{ratio:.2f} times as fast as {FULL} ({interval})"
    same = f"same first choice in {distance.top1:.0%}"
    if not distance.kl <= MAX_KL:  # refuses nan, too
        SHIP.fail(
            f"KL to {FULL} of at most {MAX_KL} nats, on {distance.n:,} fresh predictions",
            f"{distance.kl:.3f}, {same}; {speed}",
            "the limit on KL: however fast, this file answers differently from the tested model",
        )
    if interval.high < 1:
        look = "prefill and decode: fewer bytes alone do not make an answer faster"
        SHIP.fail(f"an answer not slower than with {FULL}", speed, look)
    SHIP.passed(f"{name}: KL {distance.kl:.4f}, {same} (n={distance.n:,}), {speed}.")


def _kind(got: object) -> str:
    kinds = list(tiers.chosen_tier().compared.kinds)
    if got not in kinds:
        SHIP.fail(f"one of the kinds {kinds}", kind(got), "the line with `return`")
    if got == FULL:
        look = "the goal of this lab: weights in smaller numbers"
        SHIP.fail("a kind smaller than the full one", FULL, look)
    return got


def _distance(shipped: LlamaModel, full: LlamaModel) -> Divergence:
    texts = held_out(exam(TEXTS, passages=3, seed=fresh_seed()))
    return divergence(shipped, full, texts)


def _race(full: LlamaModel, shipped: LlamaModel) -> tuple[float, Interval]:
    """Return how many times as fast `shipped` answers fresh questions, with an interval; both run in turn."""
    prompts = exam_prompts(full.context, exam(PAIRS, passages=1, seed=fresh_seed()))
    times = measure_phases({"full": full.context, "shipped": shipped.context}, prompts)
    return times_faster(times["full"].answer_ms, times["shipped"].answer_ms)

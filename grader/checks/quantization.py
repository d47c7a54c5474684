"""The checks of lab 04, first half: block-wise quantisation, its error, and the time of a decode step."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, Unit, check, hint, kind
from grader.exercise.randomness import fresh_rng, fresh_seed

ROUNDS = 30  # fresh inputs per check
BLOCK = 32
SLACK = 1e-4  # in scales: float32 against float64
ERRORS = Unit("{:.5f}", 1e-6, relative=0.002)
STEPS = Unit("{:.3f} ms", 0.0, relative=0.002)
FORMULA = "the unit: (weight_bytes + kv_bytes) / (gbs * 10**9) is in seconds"

QUANTISE = Exercise("04", 1, "quantise")
ERROR = Exercise("04", 2, "error")
STEP = Exercise("04", 3, "step_ms")


# ---- exercise 1: rounding -----------------------------------------------------------------------------


@check
def quantise(function: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]) -> None:
    """Check for integer codes and one scale per block, with every value within half a step of its code."""
    limits, rng = CallLimits(QUANTISE), np.random.default_rng(fresh_seed())
    for turn in range(ROUNDS):
        blocks, bits = _blocks(rng, turn), (8, 4, 6, 3)[turn % 4]
        codes, scales = _parts(limits.call(function, blocks, bits), blocks)
        _judge_codes(codes, bits)
        _judge_scales(scales, blocks, bits)
        _judge_distance(codes, scales, blocks, bits)
    QUANTISE.passed("Fifteen values and one scale per block: that is all that four bits keep.")


def _blocks(rng: np.random.Generator, turn: int) -> np.ndarray:
    """Return weights, (n, 32), float32: one block has an outlier; in every third round, one is all zeros."""
    blocks = rng.normal(0, 0.02, (int(rng.integers(3, 9)), BLOCK)).astype(np.float32)
    blocks[1, int(rng.integers(BLOCK))] = 3.0
    if turn % 3 == 0:
        blocks[2] = 0.0
    return blocks


def _parts(got: object, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    QUANTISE.returned(got, tuple, "two arrays: (codes, scales)", n=2)
    try:
        codes, scales = (np.asarray(part, np.float64) for part in got)
    except (TypeError, ValueError):
        QUANTISE.fail("two arrays: (codes, scales)", kind(got), "the line with `return`")
    for part, name, shape in ((codes, "codes", blocks.shape), (scales, "scales", blocks.shape[:1])):
        if part.size != np.prod(shape) or part.shape[0] != shape[0]:
            QUANTISE.fail(
                f"{name} of shape {shape} for blocks of shape {blocks.shape}",
                f"shape {part.shape}",
                "the axis: one maximum for each block, which is a row",
            )
    return codes, scales.reshape(-1)


def _judge_codes(codes: np.ndarray, bits: int) -> None:
    most = 2 ** (bits - 1) - 1
    if not np.isfinite(codes).all():
        look = "a block of zeros: its scale is 0, so do not divide by it"
        QUANTISE.fail("a code for every value", "nan or infinity", look)
    if (codes != np.round(codes)).any():
        QUANTISE.fail("whole numbers as codes", f"{codes.flat[0]:g}", "rounding: `np.round`")
    if np.abs(codes).max() > most:
        QUANTISE.fail(
            f"codes from {-most} to {most} for {bits} bits",
            f"{codes.min():.0f} to {codes.max():.0f}",
            "the scale: the largest value of a block divided by 2 ** (bits - 1) - 1",
        )


def _judge_scales(scales: np.ndarray, blocks: np.ndarray, bits: int) -> None:
    expected = np.abs(blocks).max(axis=1).astype(np.float64) / (2 ** (bits - 1) - 1)
    off = np.abs(scales - expected)
    used = expected > 0  # a block of zeros may have any scale, because its codes are 0
    if not np.isfinite(scales).all() or (off[used] > 1e-3 * expected[used]).any():
        place = int(np.argmax(np.where(used, off, 0)))
        QUANTISE.fail(
            f"scale {expected[place]:.5f} for a block with values up to ±{np.abs(blocks[place]).max():.3f}",
            f"{scales[place]:.5f}",
            _look_at_scales(scales, blocks, bits),
        )


def _look_at_scales(scales: np.ndarray, blocks: np.ndarray, bits: int) -> str:
    if np.ptp(scales) < 1e-9:
        return "one scale for all: a single outlier costs every block its precision; take the max of each"
    if np.allclose(scales, np.abs(blocks).max(axis=1) / 2 ** (bits - 1), rtol=1e-3):
        return "the largest code: 2 ** (bits - 1) - 1; with a larger one the largest value does not fit"
    if np.allclose(scales, blocks.max(axis=1) / (2 ** (bits - 1) - 1), rtol=1e-3):
        return "the sign: take the largest absolute value; it may be negative"
    return "the largest absolute value of each block, divided by 2 ** (bits - 1) - 1"


def _judge_distance(codes: np.ndarray, scales: np.ndarray, blocks: np.ndarray, bits: int) -> None:
    distance = np.abs(codes.reshape(blocks.shape) * scales[:, None] - blocks)
    if (distance > (0.5 + SLACK) * scales[:, None] + 1e-12).any():
        steps = np.max(distance / np.maximum(scales, 1e-12)[:, None])
        QUANTISE.fail(
            "every value within half a step of its code",
            f"up to {steps:.2f} steps away, at {bits} bits",
            "rounding: `astype(int)` cuts the decimals off, `np.round` goes to the nearest",
        )


# ---- exercise 2: the error -----------------------------------------------------------------------------


@check
def error(function: Callable[[np.ndarray, np.ndarray, np.ndarray], float]) -> None:
    """Check the root mean square of the rounding error, relative to that of the weights."""
    limits, rng = CallLimits(ERROR), np.random.default_rng(fresh_seed())
    for _ in range(ROUNDS):
        blocks = rng.normal(0, rng.uniform(0.01, 2), (6, BLOCK)).astype(np.float32)
        scales = (np.abs(blocks).max(axis=1) / rng.integers(3, 128)).astype(np.float32)
        codes = np.round(blocks / scales[:, None]).astype(np.int8)
        got = ERROR.finite(limits.call(function, blocks, codes, scales), "the error")
        lost = codes * scales[:, None] - blocks
        expected = float(np.sqrt((lost**2).mean() / (blocks**2).mean()))
        where = f"for {len(blocks)} blocks with values up to ±{np.abs(blocks).max():.3f}"
        ERROR.expect(got, expected, where, _look_at_error, lost, blocks, unit=ERRORS)
    ERROR.passed("This is the error of the weights; the error of the answers is measured later.")


def _look_at_error(got: float, lost: np.ndarray, blocks: np.ndarray) -> str:
    squares = (lost**2).mean() / (blocks**2).mean()
    mistakes = {
        "what it is relative to: the root mean square of the weights": np.sqrt((lost**2).mean()),
        "the root: take it of the mean of the squares": squares,
        "the squares: large errors count more": np.abs(lost).mean() / np.abs(blocks).mean(),
    }
    default = "restore with codes * scales[:, None], subtract, and compare root mean squares"
    return hint(got, mistakes, default, ERRORS)


# ---- exercise 3: the floor of a step -------------------------------------------------------------------


@check
def step_ms(function: Callable[[float, float, float], float]) -> None:
    """Check the bytes read for one token, divided by the bandwidth."""
    limits, rng = CallLimits(STEP), fresh_rng()
    for _ in range(ROUNDS):
        weight_bytes, kv_bytes, gbs = case = _telling(rng)
        got = STEP.finite(limits.call(function, weight_bytes, kv_bytes, gbs), "the time")
        where = (
            f"for {weight_bytes / 1e6:,.0f} MB of weights, {kv_bytes / 1e6:,.1f} MB of keys and values, "
            f"{gbs:.0f} GB/s"
        )
        STEP.expect(got, _step_ms(*case), where, _look_at_step, *case, unit=STEPS)
    STEP.passed("Without any benchmark, you know the time that no step can beat.")


def _telling(rng: Random) -> tuple[float, float, float]:
    """Return bytes and a bandwidth for which a fraction upside down is near no other mistake."""
    while True:
        case = rng.uniform(5e7, 2e10), rng.uniform(1e5, 5e8), rng.uniform(8, 3000)
        if _look_at_step(1 / _step_ms(*case), *case) == FORMULA:
            return case


def _step_ms(weight_bytes: float, kv_bytes: float, gbs: float) -> float:
    return 1e3 * (weight_bytes + kv_bytes) / (gbs * 1e9)


def _look_at_step(got: float, weight_bytes: float, kv_bytes: float, gbs: float) -> str:
    right = _step_ms(weight_bytes, kv_bytes, gbs)
    mistakes = {
        "the unit: ms, and a second has a thousand of them": right / 1e3,
        "keys and values: they are read for each token, too": _step_ms(weight_bytes, 0, gbs),
        "GB/s: 10**9 bytes a second here, not 2**30": right * 1e9 / 2**30,
        "bits: bandwidth and file size are both in bytes": 8 * right,
    }
    return hint(got, mistakes, FORMULA, STEPS)

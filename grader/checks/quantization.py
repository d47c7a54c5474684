"""The checks of lab 04, first half: rounding block by block, its error, and the time of a step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import fresh_rng, fresh_seed

ROUNDS = 30  # fresh inputs per check
BLOCK = 32
SLACK = 1e-4  # of a scale: float32 against float64

QUANTISE = Exercise("04", 1, "quantise")
ERROR = Exercise("04", 2, "error")
STEP = Exercise("04", 3, "step_ms")


# ---- exercise 1: rounding -----------------------------------------------------------------------------


@check
def quantise(function: Callable[[np.ndarray, int], tuple[np.ndarray, np.ndarray]]) -> None:
    """Whole numbers and one scale a block, so that no value is off by more than half a step."""
    limits, rng = CallLimits(QUANTISE), np.random.default_rng(fresh_seed())
    for turn in range(ROUNDS):
        blocks, bits = _blocks(rng, turn), (8, 4, 6, 3)[turn % 4]
        codes, scales = _parts(limits.call(function, blocks, bits), blocks)
        _judge_codes(codes, bits)
        _judge_scales(scales, blocks, bits)
        _judge_distance(codes, scales, blocks, bits)
    QUANTISE.passed(
        "Four bits, fifteen values, one scale: a surprising amount of sense survives it."
    )


def _blocks(rng: np.random.Generator, turn: int) -> np.ndarray:
    """(n, 32), float32: weights as they are, one block with an outlier, in every third round one of zeros."""
    blocks = rng.normal(0, 0.02, (int(rng.integers(3, 9)), BLOCK)).astype(np.float32)
    blocks[1, int(rng.integers(BLOCK))] = 3.0
    if turn % 3 == 0:
        blocks[2] = 0.0
    return blocks


def _parts(got: object, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(got, tuple) or len(got) != 2:
        QUANTISE.fail("two arrays: (codes, scales)", kind(got), "the line with `return`")
    try:
        codes, scales = (np.asarray(part, np.float64) for part in got)
    except (TypeError, ValueError):
        QUANTISE.fail("two arrays: (codes, scales)", kind(got), "the line with `return`")
    for part, name, shape in ((codes, "codes", blocks.shape), (scales, "scales", blocks.shape[:1])):
        if part.size != np.prod(shape) or part.shape[0] != shape[0]:
            QUANTISE.fail(
                f"{name} of shape {shape} for blocks of shape {blocks.shape}",
                f"shape {part.shape}",
                "the axis: a maximum for each block, so for each row",
            )
    return codes, scales.reshape(-1)


def _judge_codes(codes: np.ndarray, bits: int) -> None:
    most = 2 ** (bits - 1) - 1
    if not np.isfinite(codes).all():
        QUANTISE.fail(
            "a code for every value",
            "nan or infinity",
            "a block of zeros: its scale is 0, and dividing by it is not",
        )
    if (codes != np.round(codes)).any():
        QUANTISE.fail("whole numbers as codes", f"{codes.flat[0]!r}", "rounding: `np.round`")
    if np.abs(codes).max() > most:
        QUANTISE.fail(
            f"codes from {-most} to {most} for {bits} bits",
            f"{codes.min():.0f} to {codes.max():.0f}",
            "the scale: the largest value of a block divided by 2 ** (bits - 1) - 1",
        )


def _judge_scales(scales: np.ndarray, blocks: np.ndarray, bits: int) -> None:
    expected = np.abs(blocks).max(axis=1).astype(np.float64) / (2 ** (bits - 1) - 1)
    off = np.abs(scales - expected)
    used = expected > 0  # a block of zeros may have any scale: its codes decide
    if not np.isfinite(scales).all() or (off[used] > 1e-3 * expected[used]).any():
        place = int(np.argmax(np.where(used, off, 0)))
        QUANTISE.fail(
            f"scale {expected[place]:.5f} for a block with values up to {np.abs(blocks[place]).max():.3f}",
            f"{scales[place]:.5f}",
            _look_at_scales(scales, blocks, bits),
        )


def _look_at_scales(scales: np.ndarray, blocks: np.ndarray, bits: int) -> str:
    if np.ptp(scales) < 1e-9:
        return "one scale for all: a single outlier then costs every block its digits; take the max of each"
    if np.allclose(scales, np.abs(blocks).max(axis=1) / 2 ** (bits - 1), rtol=1e-3):
        return "the largest code: 2 ** (bits - 1) - 1, or the largest value does not fit"
    if np.allclose(scales, blocks.max(axis=1) / (2 ** (bits - 1) - 1), rtol=1e-3):
        return "the sign: the largest absolute value, a block may end at the negative side"
    return "the largest absolute value of each block, divided by 2 ** (bits - 1) - 1"


def _judge_distance(codes: np.ndarray, scales: np.ndarray, blocks: np.ndarray, bits: int) -> None:
    away = np.abs(codes.reshape(blocks.shape) * scales[:, None] - blocks)
    if (away > (0.5 + SLACK) * scales[:, None] + 1e-12).any():
        QUANTISE.fail(
            "every value within half a step of its code",
            f"up to {np.max(away / np.maximum(scales, 1e-12)[:, None]):.2f} steps away, at {bits} bits",
            "rounding: `astype(int)` cuts the digits off, `np.round` goes to the nearest",
        )


# ---- exercise 2: what was lost -------------------------------------------------------------------------


@check
def error(function: Callable[[np.ndarray, np.ndarray, np.ndarray], float]) -> None:
    """Root mean square of what was lost, relative to that of the weights."""
    limits, rng = CallLimits(ERROR), np.random.default_rng(fresh_seed())
    for _ in range(ROUNDS):
        blocks = rng.normal(0, rng.uniform(0.01, 2), (6, BLOCK)).astype(np.float32)
        scales = (np.abs(blocks).max(axis=1) / rng.integers(3, 128)).astype(np.float32)
        codes = np.round(blocks / scales[:, None]).astype(np.int8)
        got = ERROR.finite(limits.call(function, blocks, codes, scales), "the error")
        lost = codes * scales[:, None] - blocks
        expected = float(np.sqrt((lost**2).mean() / (blocks**2).mean()))
        if abs(got - expected) > 0.002 * expected + 1e-6:
            ERROR.fail(f"{expected:.5f}", f"{got:.5f}", _look_at_error(got, lost, blocks))
    ERROR.passed(
        "One number for what was thrown away. Whether anybody misses it is another question."
    )


def _look_at_error(got: float, lost: np.ndarray, blocks: np.ndarray) -> str:
    mistakes = {
        float(
            np.sqrt((lost**2).mean())
        ): "what it is relative to: the root mean square of the weights",
        float((lost**2).mean() / (blocks**2).mean()): "the root: of the mean of the squares",
        float(np.abs(lost).mean() / np.abs(blocks).mean()): "the squares: large errors count more",
    }
    near = min(mistakes, key=lambda value: abs(value - got))
    if abs(near - got) <= 0.002 * abs(near) + 1e-9:
        return mistakes[near]
    return "restore with codes * scales[:, None], subtract, and compare root mean squares"


# ---- exercise 3: the floor of a step -------------------------------------------------------------------


@check
def step_ms(function: Callable[[float, float, float], float]) -> None:
    """Bytes that pass by for one token, divided by the bandwidth."""
    limits, rng = CallLimits(STEP), fresh_rng()
    for _ in range(ROUNDS):
        weight_bytes, kv_bytes = rng.uniform(5e7, 2e10), rng.uniform(1e5, 5e8)
        gbs = rng.uniform(8, 3000)
        got = STEP.finite(limits.call(function, weight_bytes, kv_bytes, gbs), "the time")
        expected = 1e3 * (weight_bytes + kv_bytes) / (gbs * 1e9)
        if abs(got - expected) > 0.002 * expected:
            STEP.fail(
                f"{expected:.3f} ms for {weight_bytes / 1e6:,.0f} MB of weights, "
                f"{kv_bytes / 1e6:,.1f} MB of keys and values, {gbs:.0f} GB/s",
                f"{got:.3f} ms",
                _look_at_step(got, weight_bytes, kv_bytes, gbs),
            )
    STEP.passed("No benchmark, no profiler: a division, and you know what cannot be beaten.")


def _look_at_step(got: float, weight_bytes: float, kv_bytes: float, gbs: float) -> str:
    whole = 1e3 * (weight_bytes + kv_bytes) / (gbs * 1e9)
    mistakes = {
        whole / 1e3: "the unit: ms, and a second has a thousand of them",
        1e3 * weight_bytes / (gbs * 1e9): "keys and values: they are read for each token, too",
        1e3
        * (weight_bytes + kv_bytes)
        / (gbs * 2**30): "GB/s: 10**9 bytes a second here, not 2**30",
        8 * whole: "bits: bandwidth and file size are both in bytes",
    }
    near = min(mistakes, key=lambda value: abs(value - got))
    if abs(near - got) <= 0.002 * near:
        return mistakes[near]
    return "(weight_bytes + kv_bytes) / (gbs * 10**9) are seconds"

"""The checks of lab 04 on blocks read back from bytes, and on scales that weigh the errors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from grader.checks.quantization_bytes import BLOCK, HALF, Q4_BYTES, SCALE_BYTES
from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 12  # fresh inputs per check
LOWEST, HIGHEST = -8, 7  # codes of four bits
EXACT = 1e-4  # relative: float32 against float64
DIVISORS = np.linspace(-9, -7, 11)

UNPACK_Q4 = Exercise("04", 8, "unpack_q4")
WEIGHTED = Exercise("04", 9, "weighted")


# ---- exercise 8: reading -------------------------------------------------------------------------------


@check
def unpack_q4(function: Callable[[bytes], np.ndarray]) -> None:
    """Check the weights that Q4_0 bytes stand for; every code from 0 to 15 occurs."""
    limits, rng = CallLimits(UNPACK_Q4), np.random.default_rng(fresh_seed())
    cases = [_blocks_of_bytes(rng) for _ in range(ROUNDS)]
    for packed, got in asked(lambda packed: limits.call(function, packed), cases):
        n = len(packed) // Q4_BYTES
        weights = _numbers(UNPACK_Q4, got, (n, BLOCK), "weights")
        right = _unpacked(packed)
        if not np.allclose(weights, right, rtol=EXACT, atol=1e-9):
            block, place = map(int, np.argwhere(~np.isclose(weights, right, EXACT, 1e-9))[0])
            UNPACK_Q4.fail(
                f"{right[block, place]:.5f} as weight {place} of block {block}",
                f"{weights[block, place]:.5f}",
                _look_at_unpacked(weights, packed),
            )
    UNPACK_Q4.passed("What you pack, you can read back: that is a format.")


def _blocks_of_bytes(rng: np.random.Generator) -> bytes:
    n = int(rng.integers(2, 6))
    scales = (rng.uniform(0.01, 0.5, n) * rng.choice((-1, 1), n)).astype(np.float16)
    codes = rng.integers(0, 256, (n, HALF), dtype=np.uint8)
    return np.hstack([scales[:, None].view(np.uint8), codes]).tobytes()


def _parts(packed: bytes, order: str = "<f2") -> tuple[np.ndarray, np.ndarray]:
    """Return scales (n, 1), float64, and the bytes of the codes (n, 16)."""
    rows = np.frombuffer(packed, np.uint8).reshape(-1, Q4_BYTES)
    scales = np.ascontiguousarray(rows[:, :SCALE_BYTES]).view(order)
    return scales.astype(np.float64), rows[:, SCALE_BYTES:].astype(int)


def _unpacked(packed: bytes) -> np.ndarray:
    scales, joined = _parts(packed)
    return scales * (np.hstack([joined & 15, joined >> 4]) - 8)


def _look_at_unpacked(weights: np.ndarray, packed: bytes) -> str:
    with np.errstate(all="ignore"):  # a scale that is read in the wrong byte order may be NaN
        fits = (t for t, wrong in _mistaken(packed).items() if np.allclose(weights, wrong, EXACT))
        return next(fits, "one block by hand: two bytes of scale, then sixteen of two codes each")


def _mistaken(packed: bytes) -> dict[str, np.ndarray]:
    """Return the weights that each likely mistake gives, by the sentence that names it."""
    scales, joined = _parts(packed)
    low, high = joined & 15, joined >> 4
    codes = np.hstack([low, high])
    neighbours = np.stack([low, high], axis=2).reshape(len(low), BLOCK)
    return {
        "the offset: 8 was added to every code; subtract it": scales * codes,
        "uint8 has no number below 0: make the codes int8 before you subtract 8": scales
        * ((codes - 8) % 256),
        "which half of a byte: weight j is in the low four bits, j + 16 in the high ones": scales
        * (np.hstack([high, low]) - 8),
        "which weights share a byte: j and j + 16, not neighbours": scales * (neighbours - 8),
        "the high four bits: shift them down by 4": scales * (np.hstack([low, joined & 240]) - 8),
        "the scale: it may be negative": np.abs(scales) * (codes - 8),
        "the order of the two bytes of a scale: the lower one first (little-endian)": _parts(
            packed, ">f2"
        )[0]
        * (codes - 8),
    }


# ---- exercise 9: weighted scales ------------------------------------------------------------------------


@check
def weighted(
    function: Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
) -> None:
    """Check that codes and scales have the least weighted squared error of all candidates."""
    limits, rng = CallLimits(WEIGHTED), np.random.default_rng(fresh_seed())
    cases = [_weighed_blocks(rng, turn) for turn in range(ROUNDS)]
    for case, got in asked(lambda case: limits.call(function, *case), cases):
        blocks = case[0]
        WEIGHTED.returned(got, tuple | list, "two arrays: (codes, scales)", n=2)
        codes = _numbers(WEIGHTED, got[0], blocks.shape, "codes")
        scales = _numbers(WEIGHTED, got[1], blocks.shape[:1], "scales")
        _judge_weighted_codes(codes)
        _judge_error(codes, scales, *(part.astype(np.float64) for part in case))
    WEIGHTED.passed("The weights that matter are rounded best; the file has the same size.")


def _weighed_blocks(
    rng: np.random.Generator, turn: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return blocks, importances and divisors; in every third round, one block is all zeros."""
    shape = (int(rng.integers(3, 7)), BLOCK)
    blocks = rng.normal(0, 10 ** rng.uniform(-2, 0), shape)
    importance = np.exp(rng.normal(0, 2, shape))
    if turn % 3 == 0:
        blocks[1] = 0
    if turn % 3 == 1:
        importance *= 1e-4  # only ratios count, so a sum of squares may be far below 1
    return blocks.astype(np.float32), importance.astype(np.float32), rng.permutation(DIVISORS)


def _judge_weighted_codes(codes: np.ndarray) -> None:
    if (codes != np.round(codes)).any():
        WEIGHTED.fail("whole numbers as codes", f"{codes.flat[0]:g}", "rounding: `np.round`")
    if codes.min() < LOWEST or codes.max() > HIGHEST:
        WEIGHTED.fail(
            f"codes from {LOWEST} to {HIGHEST}",
            f"{codes.min():.0f} to {codes.max():.0f}",
            "`np.clip`: some divisors make codes that four bits cannot hold",
        )


def _judge_error(
    codes: np.ndarray,
    scales: np.ndarray,
    blocks: np.ndarray,
    weights: np.ndarray,
    divisors: np.ndarray,
) -> None:
    """Raise CheckFailed for a block whose weighted squared error is not the least of all candidates."""
    got = _errors(codes, scales, blocks, weights)
    right = _errors(*_search(blocks, divisors, weights, weights), blocks, weights)
    worse = got > right * (1 + EXACT) + 1e-12
    if worse.any():
        block = int(np.argmax(worse))
        WEIGHTED.fail(
            f"a weighted squared error of {right[block]:.4g} in block {block}",
            f"{got[block]:.4g}",
            _look_at_weighted(got, blocks, weights, divisors),
        )


def _errors(
    codes: np.ndarray, scales: np.ndarray, blocks: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    return (weights * (codes * scales[:, None] - blocks) ** 2).sum(axis=1)


def _search(
    blocks: np.ndarray, divisors: np.ndarray, by: np.ndarray, refit_by: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes and scales of each block's candidate with the least squared error, weighed `by`.

    refit_by: the weights of the least-squares scale; None keeps the candidate's own.
    """
    candidates = [_candidate(blocks, divisor, refit_by) for divisor in divisors]
    errors = [_errors(*candidate, blocks, by) for candidate in candidates]
    best, rows = np.argmin(errors, axis=0), np.arange(len(blocks))
    codes, scales = (np.stack(parts) for parts in zip(*candidates, strict=True))
    return codes[best, rows], scales[best, rows]


def _candidate(
    blocks: np.ndarray, divisor: float, refit_by: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    extremes = blocks[np.arange(len(blocks)), np.abs(blocks).argmax(axis=1)]
    scales = np.where(extremes == 0, 1, extremes / divisor)
    codes = np.clip(np.round(blocks / scales[:, None]), LOWEST, HIGHEST)
    if refit_by is not None:
        squares = (refit_by * codes**2).sum(axis=1)
        products = (refit_by * codes * blocks).sum(axis=1)
        scales = np.divide(products, squares, out=scales, where=squares > 0)
    return codes, scales


def _look_at_weighted(
    got: np.ndarray, blocks: np.ndarray, weights: np.ndarray, divisors: np.ndarray
) -> str:
    ones = np.ones_like(weights)
    everywhere = min(
        (_candidate(blocks, divisor, weights) for divisor in divisors),
        key=lambda found: _errors(*found, blocks, weights).sum(),
    )
    mistakes = {
        "the scale: once the codes are fixed, use the one that fits them best": _search(
            blocks, divisors, weights, None
        ),
        "the importance: it belongs into the scale and into the comparison": _search(
            blocks, divisors, ones, ones
        ),
        "the importance: it belongs into both sums of the scale": _search(
            blocks, divisors, weights, ones
        ),
        "the importance: weigh the squared errors before you compare candidates": _search(
            blocks, divisors, ones, weights
        ),
        "the comparison: keep a candidate only where it is better than the best so far": _candidate(
            blocks, divisors[-1], weights
        ),
        "the comparison: of all candidates, not only the first": _candidate(
            blocks, divisors[0], weights
        ),
        "the comparison: each block chooses its own candidate": everywhere,
        "the candidates: the extreme weight divided by each of `divisors`": _candidate(
            blocks, LOWEST, None
        ),
    }
    for look, found in mistakes.items():
        if np.allclose(got, _errors(*found, blocks, weights), rtol=1e-3, atol=1e-12):
            return look
    return "one block by hand: scale, codes, the scale that fits them, its weighted squared error"


def _numbers(exercise: Exercise, got: object, shape: tuple[int, ...], what: str) -> np.ndarray:
    """Return numbers of this shape as float64. Raises CheckFailed for anything else."""
    try:
        numbers = np.asarray(got, np.float64)
        if numbers.ndim == 0:
            raise ValueError(got)
    except (TypeError, ValueError):
        exercise.fail(f"{what} of shape {shape}", kind(got), "the line with `return`")
    if numbers.size != np.prod(shape) or numbers.shape[:1] != shape[:1]:
        look = f"the shape of your {what}: a row for each block"
        exercise.fail(f"{what} of shape {shape}", f"shape {numbers.shape}", look)
    if not np.isfinite(numbers).all():
        look = "a block of zeros: never divide by 0"
        exercise.fail(f"{what} that are finite", "nan or infinity", look)
    return numbers.reshape(shape)

"""The checks of lab 04 on llama.cpp's blocks, packed to bytes: Q8_0 and Q4_0, compared byte by byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import quantize

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, kind
from grader.exercise.randomness import asked, fresh_seed

ROUNDS = 12  # fresh inputs per check, beside the edge cases
BLOCK, HALF = 32, 16
SCALE_BYTES = 2
Q8_BYTES, Q4_BYTES = SCALE_BYTES + BLOCK, SCALE_BYTES + HALF
ALIKE = 0.9  # share of the bytes that a known mistake has to explain
MARGIN = (
    0.02  # of a code: drawn weights stay so far from a tie, where float32 and float64 may differ
)

PACK_Q8 = Exercise("04", 6, "pack_q8")
PACK_Q4 = Exercise("04", 7, "pack_q4")

Blocks = np.ndarray  # float32, (n, 32)


# ---- exercise 6: Q8_0 -----------------------------------------------------------------------------------


@check
def pack_q8(function: Callable[[Blocks], bytes]) -> None:
    """Check the bytes of Q8_0 blocks against those of the `gguf` package."""
    limits, rng = CallLimits(PACK_Q8), np.random.default_rng(fresh_seed())
    edges = [_ties(rng, 127), _with_zeros(rng, 127), _told_by_the_divisor(rng)]
    cases = [*(_weights(rng, 127) for _ in range(ROUNDS)), *edges]
    for blocks, got in asked(lambda blocks: limits.call(function, blocks), cases):
        packed = _packed(PACK_Q8, got, len(blocks), Q8_BYTES)
        right = _reference(blocks, GGMLQuantizationType.Q8_0)
        if not np.array_equal(packed, right):
            _differs(PACK_Q8, packed, right, _mistakes_q8(blocks), "the code of weight {}")
    PACK_Q8.passed("These bytes are what llama.cpp would have written.")


def _mistakes_q8(blocks: Blocks) -> dict[str, np.ndarray]:
    """Return what to look at -> the bytes that this mistake gives."""
    scales = np.abs(blocks).max(axis=1) / np.float32(127)
    stored = scales.astype(np.float16)
    exact = blocks / _divisors(scales)[:, None]
    codes = _half_away(exact)
    return {
        "halves: llama.cpp rounds them away from zero, `np.round` to the even number": _q8(
            scales, np.round(exact)
        ),
        "rounding: `astype` cuts the decimals off": _q8(scales, np.trunc(exact)),
        "halves below zero: -2.5 becomes -3, and floor(x + 0.5) makes it -2": _q8(
            scales, np.floor(exact + 0.5)
        ),
        "the scale to divide by: the one in float32, before it is stored in two bytes": _q8(
            scales, _half_away(blocks / _divisors(stored.astype(np.float32))[:, None])
        ),
        "the order of the two bytes of a scale: the lower one first (little-endian)": _q8(
            scales.astype(">f2"), codes
        ),
        "the order: each scale comes right before the codes of its block": np.concatenate(
            [stored.view(np.uint8), codes.astype(np.int8).view(np.uint8).ravel()]
        ).reshape(len(blocks), -1),
        "the order within a block: the scale first, then the codes": np.roll(
            _q8(scales, codes), -SCALE_BYTES, axis=1
        ),
        "the largest code: 127, so the scale is the largest absolute weight / 127": _q8(
            scales * 127 / 128, np.clip(_half_away(exact * 128 / 127), -128, 127)
        ),
        "one scale for all: each block has its own": _q8(
            np.full_like(scales, scales.max()), _half_away(blocks / scales.max())
        ),
    }


def _q8(scales: np.ndarray, codes: np.ndarray) -> np.ndarray:
    stored = scales if scales.dtype.itemsize == SCALE_BYTES else scales.astype(np.float16)
    return np.hstack([_column(stored), codes.astype(np.int8).view(np.uint8)])


# ---- exercise 7: Q4_0 -----------------------------------------------------------------------------------


@check
def pack_q4(function: Callable[[Blocks], bytes]) -> None:
    """Check the bytes of Q4_0 blocks against those of the `gguf` package."""
    limits, rng = CallLimits(PACK_Q4), np.random.default_rng(fresh_seed())
    edges = [_ties(rng, 8), _with_zeros(rng, 8), _opposites(rng), _twins(rng)]
    cases = [*(_weights(rng, 8) for _ in range(ROUNDS)), *edges]
    for blocks, got in asked(lambda blocks: limits.call(function, blocks), cases):
        packed = _packed(PACK_Q4, got, len(blocks), Q4_BYTES)
        right = _reference(blocks, GGMLQuantizationType.Q4_0)
        if not np.array_equal(packed, right):
            where = "the codes of weights {} (low four bits) and {} (high)"
            _differs(PACK_Q4, packed, right, _mistakes_q4(blocks), where)
    PACK_Q4.passed("Sixteen codes, all of them used: the sign of the extreme decides which way.")


def _mistakes_q4(blocks: Blocks) -> dict[str, np.ndarray]:
    scales = _extremes(blocks) / np.float32(-8)
    exact = blocks.astype(np.float64) / _divisors(scales)[:, None]
    shifted = np.floor(exact + 8.5).astype(np.uint8)
    codes = np.minimum(shifted, 15)
    largest = np.abs(blocks).max(axis=1)
    last = _extremes(blocks[:, ::-1]) / np.float32(-8)
    rounded = _divisors(scales.astype(np.float16).astype(np.float32))[:, None]
    pairs = codes.reshape(len(codes), HALF, 2)
    swapped = (codes[:, :HALF] << 4) | codes[:, HALF:]
    return {
        "code 16, which does not fit into four bits: it becomes 15": _q4(scales, shifted),
        "which weights share a byte: j and j + 16, not neighbours": np.hstack(
            [_column(scales.astype(np.float16)), pairs[..., 0] | (pairs[..., 1] << 4)]
        ),
        "which half of a byte: weight j in the low four bits, j + 16 in the high ones": np.hstack(
            [_column(scales.astype(np.float16)), swapped]
        ),
        "two weights of the same size: the first is the extreme": _q4(last, _nibbles(blocks, last)),
        "the sign: the scale is the extreme weight *with its sign*, divided by -8": _q4(
            largest / np.float32(-8), _nibbles(blocks, largest / np.float32(-8))
        ),
        "the sign: divide the extreme weight by -8, so that it gets code 0": _q4(
            -scales, _nibbles(blocks, -scales)
        ),
        "the largest absolute weight: it is the extreme with its sign that gets code 0": _q4(
            largest / np.float32(8), _nibbles(blocks, largest / np.float32(8))
        ),
        "the divisor: -8, not 7; one side then uses all its eight steps": _q4(
            largest / np.float32(7), _nibbles(blocks, largest / np.float32(7))
        ),
        "the offset: 8 is added to every code, so that it is from 0 to 15": _q4(
            scales, np.clip(np.floor(exact + 0.5), -8, 7).astype(np.int8).view(np.uint8) & 15
        ),
        "halves: add 8.5 and cut the decimals off, as llama.cpp does": _q4(
            scales, np.clip(np.round(exact) + 8, 0, 15).astype(np.uint8)
        ),
        "rounding: add 8.5, not 8, before the decimals are cut off": _q4(
            scales, np.minimum(np.floor(exact + 8), 15).astype(np.uint8)
        ),
        "the scale to divide by: the one in float32, before it is stored in two bytes": _q4(
            scales, np.clip(np.floor(blocks / rounded + 8.5), 0, 15).astype(np.uint8)
        ),
        "the order of the two bytes of a scale: the lower one first (little-endian)": np.hstack(
            [_column(scales.astype(">f2")), _q4(scales, codes)[:, SCALE_BYTES:]]
        ),
    }


def _extremes(blocks: Blocks) -> np.ndarray:
    return blocks[np.arange(len(blocks)), np.abs(blocks).argmax(axis=1)]


def _nibbles(blocks: Blocks, scales: np.ndarray) -> np.ndarray:
    exact = blocks.astype(np.float64) / _divisors(scales)[:, None]
    return np.clip(np.floor(exact + 8.5), 0, 15).astype(np.uint8)


def _q4(scales: np.ndarray, codes: np.ndarray) -> np.ndarray:
    joined = codes[:, :HALF] | (codes[:, HALF:] << 4)
    return np.hstack([_column(scales.astype(np.float16)), joined])


# ---- what both share -----------------------------------------------------------------------------------


def _reference(blocks: Blocks, kind_: GGMLQuantizationType) -> np.ndarray:
    return _one_zero(quantize(blocks, kind_))


def _one_zero(packed: np.ndarray) -> np.ndarray:
    """Return the bytes with the scale -0.0 written as 0.0: they restore the same weights."""
    packed = packed.copy()
    zero = (packed[:, 0] == 0) & (packed[:, 1] == 0x80)
    packed[zero, 1] = 0
    return packed


def _column(scales: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(scales)[:, None].view(np.uint8)


def _divisors(scales: np.ndarray) -> np.ndarray:
    return np.where(scales == 0, np.float32(1), scales)


def _half_away(numbers: np.ndarray) -> np.ndarray:
    return np.trunc(numbers + np.copysign(0.5, numbers))


def _weights(rng: np.random.Generator, steps: int) -> Blocks:
    """Return drawn blocks, none of whose weights is near a tie, for scales of the extreme / steps."""
    blocks = rng.normal(0, 10 ** rng.uniform(-3, 0), (int(rng.integers(2, 6)), BLOCK))
    blocks[0, int(rng.integers(BLOCK))] *= 9
    blocks = blocks.astype(np.float32)
    scales = _divisors(_extremes(blocks) / np.float32(steps))[:, None]
    places = blocks / scales
    near = np.abs(places - np.floor(places) - 0.5) < MARGIN
    return np.where(near, np.floor(places) * scales, blocks).astype(np.float32)


def _told_by_the_divisor(rng: np.random.Generator) -> Blocks:
    """Return drawn blocks whose codes of Q8_0 differ if the scale is stored before it divides."""
    while True:
        blocks = _weights(rng, 127)
        scales = np.abs(blocks).max(axis=1, keepdims=True) / np.float32(127)
        stored = scales.astype(np.float16).astype(np.float32)
        if not np.array_equal(_half_away(blocks / scales), _half_away(blocks / stored)):
            return blocks


def _ties(rng: np.random.Generator, steps: int) -> Blocks:
    """Return blocks with codes exactly between two numbers; the scale is a power of two, so all is exact."""
    step = 2.0 ** -int(rng.integers(4, 9))
    codes = rng.integers(-steps // 2, steps // 2, (3, BLOCK)) + 0.5
    codes[:, 5], codes[:, 6], codes[:, 7] = 2.5, -2.5, 3.5
    codes[np.arange(3), rng.integers(8, BLOCK, 3)] = (steps, -steps, steps)
    return (codes * step).astype(np.float32)


def _with_zeros(rng: np.random.Generator, steps: int) -> Blocks:
    blocks = _weights(rng, steps)
    blocks[1] = 0
    return blocks


def _opposites(rng: np.random.Generator) -> Blocks:
    """Return blocks with a weight nearly as far on the other side as the extreme, once with each sign."""
    blocks = _weights(rng, 8)[:2] / 4
    most = np.abs(blocks).max(axis=1) * 4 + 1
    low, high = rng.choice(BLOCK, 2, replace=False)
    blocks[:, low], blocks[:, high] = most * (1, -1), most * (-0.97, 0.97)
    return blocks.astype(np.float32)


def _twins(rng: np.random.Generator) -> Blocks:
    """Return blocks whose extreme occurs with both signs."""
    blocks = _ties(rng, 8)
    most = np.abs(blocks).max(axis=1)
    blocks[:, 1], blocks[:, -1] = -most, most
    return blocks


def _packed(exercise: Exercise, got: object, n: int, each: int) -> np.ndarray:
    """Return the learner's bytes, (n, each), uint8."""
    if isinstance(got, np.ndarray) and got.dtype.itemsize == 1:
        got = got.tobytes()
    exercise.returned(
        got if isinstance(got, bytes | bytearray) else kind(got),
        bytes | bytearray,
        "bytes",
        look="`.tobytes()` of an array of uint8, in the line with `return`",
    )
    if len(got) != n * each:
        look = f"a block: a scale of {SCALE_BYTES} bytes (float16), then {each - SCALE_BYTES} bytes of codes"
        exercise.fail(f"{n * each} bytes for {n} blocks", f"{len(got)}", look)
    return _one_zero(np.frombuffer(bytes(got), np.uint8).reshape(n, each))


def _differs(
    exercise: Exercise,
    got: np.ndarray,
    right: np.ndarray,
    mistakes: Mapping[str, np.ndarray],
    code: str,
) -> NoReturn:
    """Raise CheckFailed for the first byte that differs, with the hint of the mistake that explains most."""
    block, byte = map(int, np.argwhere(got != right)[0])
    place = byte - SCALE_BYTES
    part = "its scale" if place < 0 else code.format(place, place + HALF)
    agree = {text: _agreement(_one_zero(packed), got) for text, packed in mistakes.items()}
    look = max(agree, key=agree.get)
    if agree[look] < max(ALIKE, _agreement(right, got)):
        look = f"{part}: compute it by hand for one block"
    exercise.fail(
        f"byte {byte} of block {block} is 0x{right[block, byte]:02x}: {part}",
        f"0x{got[block, byte]:02x}",
        look,
    )


def _agreement(a: np.ndarray, b: np.ndarray) -> float:
    """Return the share of equal bytes; a mistake at a tie may differ by float32 against float64."""
    return float((a.reshape(b.shape) == b).mean()) if a.size == b.size else 0.0

"""Prompt lookup: the answer repeats its source, so the prompt itself can guess what comes next.

The last few tokens are looked up further up in the text; what followed there is the draft. The model checks
the whole draft in one step and keeps what it would have written itself, so the output is that of
plain greedy decoding. It pays where checking n tokens costs little more than one, which is to be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import WrongUseError

SIZES = (
    3,
    2,
)  # tokens looked up; the longer match is the surer one, a single token matches anything
LENGTH = 4  # tokens drafted: on a CPU every further one to check has its price


def draft(tokens: Sequence[int], sizes: Sequence[int] = SIZES, length: int = LENGTH) -> list[int]:
    """Up to `length` tokens that may follow `tokens`; none when nothing repeats.

    sizes: n-gram lengths in the order in which they are tried. Raises WrongUseError for one below 1.
    """
    if min(sizes, default=1) < 1:
        raise WrongUseError(
            f"An n-gram has at least one token: {tuple(sizes)} cannot be looked up."
        )
    seen = list(tokens)
    starts = (start for size in sizes if (start := _after_match(seen, size)))
    start = next(starts, len(seen))
    return seen[start : start + length]


def _after_match(tokens: list[int], size: int) -> int:
    """Where the first earlier occurrence of the last `size` tokens ends, or 0.

    The first: the passages stand before the question, and the answer follows a passage.
    """
    tail = tokens[-size:]
    ends = range(size, len(tokens))
    return next((end for end in ends if tokens[end - size : end] == tail), 0)

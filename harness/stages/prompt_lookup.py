"""Prompt lookup decoding: drafts taken from the prompt, as an answer repeats parts of its source.

The last few tokens are looked up earlier in the text, and what followed there is the draft. The model checks
the whole draft in one step and keeps the tokens it would have generated itself, so the output equals that of
greedy decoding. It pays off if checking n tokens costs little more than one, which has to be measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from harness.errors import WrongUseError

# Lengths of the n-grams looked up: a longer match is more reliable, and a single token matches too often.
SIZES = (3, 2)
LENGTH = 4  # tokens per draft; on a CPU every further token to check costs time


def draft(tokens: Sequence[int], sizes: Sequence[int] = SIZES, length: int = LENGTH) -> list[int]:
    """Return up to `length` tokens that may follow `tokens`, or none if nothing repeats.

    sizes: n-gram lengths in the order in which they are tried. Raises WrongUseError for a length below 1.
    """
    if min(sizes, default=1) < 1:
        raise WrongUseError(
            f"An n-gram has at least one token, so the sizes {tuple(sizes)} are not possible."
        )
    seen = list(tokens)
    starts = (start for size in sizes if (start := _after_match(seen, size)))
    start = next(starts, len(seen))
    return seen[start : start + length]


def _after_match(tokens: list[int], size: int) -> int:
    """Return the end of the first earlier occurrence of the last `size` tokens, or 0.

    The first one is best, because the passages precede the question and the answer follows a passage.
    """
    tail = tokens[-size:]
    ends = range(size, len(tokens))
    return next((end for end in ends if tokens[end - size : end] == tail), 0)

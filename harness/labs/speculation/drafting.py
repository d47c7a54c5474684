"""Measurements of speculative decoding: acceptance of drafts, and speed-up.

All times are of decode alone: the prompt is read before the clock starts.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Protocol

import numpy as np

from harness.measure.stats import Interval, bootstrap_ratio, median_ratio
from harness.models.engines.drafts import Draft, speculative

NS_PER_MS = 1e6
MOST_TOKENS = 32  # of an answer; the tuned models write about 20


class Context(Protocol):
    """The parts of `LlamaContext` that are used here."""

    seen: list[int]
    n_ctx: int

    @property
    def end(self) -> int: ...

    def forget(self) -> None: ...
    def read(self, tokens: Sequence[int]) -> int: ...
    def scores(self) -> np.ndarray: ...
    def greedy(self) -> Iterator[int]: ...
    def choices(self, tokens: Sequence[int]) -> list[int]: ...
    def keep(self, count: int) -> None: ...


@dataclass
class Tally:
    """A draft that counts, for each step, the tokens drafted and the tokens kept.

    The number kept is known at the next call, from the growth of the text, so it is unknown for the last
    step of a text.
    """

    draft: Draft
    drafted: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    _length: int | None = None

    def __call__(self, tokens: Sequence[int]) -> list[int]:
        if self._length is not None:
            self.kept.append(len(tokens) - self._length - 1)  # one token is the model's own
        guess = self.draft(tokens)
        self._length = len(tokens)
        self.drafted.append(len(guess))
        return guess

    def end(self) -> None:
        """Finish a text, and drop its last step, because the number kept is not known."""
        if self._length is not None:
            self.drafted.pop()
        self._length = None

    @property
    def acceptance(self) -> float:
        """Return the share of drafted tokens that were kept; 0 if nothing was drafted."""
        return sum(self.kept) / total if (total := sum(self.drafted)) else 0.0

    @property
    def alpha(self) -> float:
        """Return the probability that a drafted token is right if those before it were; 0 without any.

        It is above `acceptance`, which also counts the tokens lost behind a wrong one.
        """
        steps = zip(self.drafted, self.kept, strict=True)
        refused = sum(kept < drafted for drafted, kept in steps)
        right = sum(self.kept)
        return right / (right + refused) if right + refused else 0.0

    @property
    def tokens_a_step(self) -> float:
        """Return the mean number of tokens per step, the model's own included; 1 before the first step."""
        return 1 + sum(self.kept) / len(self.kept) if self.kept else 1.0


def decode(
    context: Context, prompt: Sequence[int], draft: Draft | None = None, most: int = MOST_TOKENS
) -> tuple[list[int], float]:
    """Return the tokens that follow `prompt`, up to the end of the turn, and the ms of their decode.

    The prompt is read cold before the clock starts, by a draft model, too: that time is part of TTFT.
    """
    context.forget()
    context.read(prompt)
    if draft:
        uncounted = draft.draft if isinstance(draft, Tally) else draft
        uncounted(prompt)
    start = time.perf_counter_ns()
    tokens = speculative(context, draft) if draft else context.greedy()
    text = list(takewhile(lambda token: token != context.end, islice(tokens, most)))
    elapsed = (time.perf_counter_ns() - start) / NS_PER_MS
    if isinstance(draft, Tally):
        draft.end()
    return text, elapsed


@dataclass(frozen=True, slots=True)
class Trial:
    """The same prompts decoded plainly and with a draft, in turn: ms and tokens of each prompt."""

    plain_ms: tuple[float, ...]
    drafted_ms: tuple[float, ...]
    plain: tuple[tuple[int, ...], ...]
    drafted: tuple[tuple[int, ...], ...]

    @property
    def speedup(self) -> float:
        """Return median(plain) / median(drafted) of decode alone; above 1 the draft helps."""
        return median_ratio(self.plain_ms, self.drafted_ms)

    @property
    def interval(self) -> Interval:
        """Return the 95 % bootstrap interval over pairs. Raises TooFewSamplesError for fewer than 5."""
        return bootstrap_ratio(self.plain_ms, self.drafted_ms)

    @property
    def different(self) -> list[int]:
        """Return the indices of the prompts with another text; each of them needs an explanation."""
        pairs = zip(self.plain, self.drafted, strict=True)
        return [number for number, (a, b) in enumerate(pairs) if a != b]


def run_trial(context: Context, prompts: Sequence[Sequence[int]], draft: Draft) -> Trial:
    """Decode each prompt plainly and with a draft, back to back, in alternating order.

    One prompt in advance warms up and is not counted.
    """
    decode(context, prompts[-1], draft)
    pairs: list[dict[bool, tuple[list[int], float]]] = []
    for number, prompt in enumerate(prompts):
        order = (True, False) if number % 2 else (False, True)
        pairs.append({use: decode(context, prompt, draft if use else None) for use in order})
    return Trial(
        plain_ms=tuple(pair[False][1] for pair in pairs),
        drafted_ms=tuple(pair[True][1] for pair in pairs),
        plain=tuple(tuple(pair[False][0]) for pair in pairs),
        drafted=tuple(tuple(pair[True][0]) for pair in pairs),
    )

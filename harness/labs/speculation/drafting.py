"""Speculative decoding on the clock: what checking costs, what is kept of a draft, what it gains.

All times are of decoding alone: the prompt has been read before the clock starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile
from statistics import median
from typing import Protocol

import numpy as np

from harness.errors import WrongUseError
from harness.measure.latency.stats import Interval, bootstrap_ratio, median_ratio
from harness.models.engines.drafts import Draft, speculative

NS_PER_MS = 1e6
CHECKED = (1, 2, 3, 4, 5)  # tokens in one step: a draft of four and the model's own
ROUNDS = 9  # of every size in turn; the median of nine shrugs off four interruptions
MOST_TOKENS = 32  # of an answer; the tuned models write about 20


class Target(Protocol):
    """What is needed of a `LlamaContext`."""

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


def verify_ms(
    context: Target,
    prompt: Sequence[int],
    sizes: Sequence[int] = CHECKED,
    rounds: int = ROUNDS,
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> dict[int, float]:
    """Median ms of one step that checks n tokens after `prompt`, for each n; all sizes in turn.

    Divided by the value for one token, that is v(n). Raises WrongUseError when `prompt` has fewer tokens
    than the largest step: its beginning is what is checked.
    """
    if len(prompt) < max(sizes):
        raise WrongUseError(
            f"A step of {max(sizes)} tokens needs a prompt at least as long, not {len(prompt)}."
        )
    context.read(prompt)
    samples: dict[int, list[float]] = {size: [] for size in sizes}
    for measured in range(-1, rounds):  # the first round warms up
        for size in sizes:
            start = now_ns()
            context.choices(prompt[:size])
            elapsed = (now_ns() - start) / NS_PER_MS
            context.keep(len(prompt))
            if measured >= 0:
                samples[size].append(elapsed)
    return {size: median(times) for size, times in samples.items()}


@dataclass
class Tally:
    """`draft`, and how it went: for each step what was drafted, and what of it was kept.

    How much was kept shows in the next call, by how much the text has grown; the last step is left open.
    """

    draft: Draft
    drafted: list[int] = field(default_factory=list)
    kept: list[int] = field(default_factory=list)
    _length: int | None = None

    def __call__(self, tokens: Sequence[int]) -> list[int]:
        if self._length is not None:
            self.kept.append(len(tokens) - self._length - 1)  # one is the model's own
        guess = self.draft(tokens)
        self._length = len(tokens)
        self.drafted.append(len(guess))
        return guess

    def end(self) -> None:
        """The text is finished; what the last step kept is not known, so it does not count."""
        if self._length is not None:
            self.drafted.pop()
        self._length = None

    @property
    def acceptance(self) -> float:
        """Share of drafted tokens that were kept; 0 when nothing was drafted."""
        return sum(self.kept) / total if (total := sum(self.drafted)) else 0.0

    @property
    def alpha(self) -> float:
        """Chance that a drafted token is right if those before it were; 0 when nothing was drafted.

        Above `acceptance`, which also counts the tokens that were lost behind a wrong one.
        """
        steps = zip(self.drafted, self.kept, strict=True)
        refused = sum(kept < drafted for drafted, kept in steps)
        right = sum(self.kept)
        return right / (right + refused) if right + refused else 0.0

    @property
    def tokens_a_step(self) -> float:
        """Tokens written in an average step, the model's own among them; 1 before the first."""
        return 1 + sum(self.kept) / len(self.kept) if self.kept else 1.0


def written(
    context: Target, prompt: Sequence[int], draft: Draft | None = None, most: int = MOST_TOKENS
) -> tuple[list[int], float]:
    """The tokens that follow `prompt`, read cold, up to the end of the turn; and the ms they took.

    A draft model reads the prompt before the clock starts, too: that belongs to TTFT, where it has its price.
    """
    context.forget()
    context.read(prompt)
    if draft:
        inner = draft.draft if isinstance(draft, Tally) else draft
        inner(prompt)
    start = time.perf_counter_ns()
    tokens = speculative(context, draft) if draft else context.greedy()
    text = list(takewhile(lambda token: token != context.end, islice(tokens, most)))
    elapsed = (time.perf_counter_ns() - start) / NS_PER_MS
    if isinstance(draft, Tally):
        draft.end()
    return text, elapsed


@dataclass(frozen=True, slots=True)
class Trial:
    """The same prompts decoded plainly and with a draft, in turn: ms and tokens of each."""

    plain_ms: tuple[float, ...]
    drafted_ms: tuple[float, ...]
    plain: tuple[tuple[int, ...], ...]
    drafted: tuple[tuple[int, ...], ...]

    @property
    def speedup(self) -> float:
        """median(plain) / median(drafted), decoding alone; above 1 the draft helps."""
        return median_ratio(self.plain_ms, self.drafted_ms)

    @property
    def interval(self) -> Interval:
        """95 % bootstrap interval of the speed-up over pairs. Raises TooFewSamplesError below 5."""
        return bootstrap_ratio(self.plain_ms, self.drafted_ms)

    @property
    def different(self) -> list[int]:
        """Which prompts got another text; each of them has to be explained."""
        pairs = zip(self.plain, self.drafted, strict=True)
        return [number for number, (a, b) in enumerate(pairs) if a != b]


def trial(context: Target, prompts: Sequence[Sequence[int]], draft: Draft) -> Trial:
    """Each prompt both ways, one right after the other; who begins alternates. One warms up."""
    written(context, prompts[-1], draft)
    both: list[dict[bool, tuple[list[int], float]]] = []
    for number, prompt in enumerate(prompts):
        order = (True, False) if number % 2 else (False, True)
        both.append({way: written(context, prompt, draft if way else None) for way in order})
    return Trial(
        plain_ms=tuple(pair[False][1] for pair in both),
        drafted_ms=tuple(pair[True][1] for pair in both),
        plain=tuple(tuple(pair[False][0]) for pair in both),
        drafted=tuple(tuple(pair[True][0]) for pair in both),
    )

"""Measurements of speculative decoding: acceptance of drafts, and speed-up.

All times are of decode alone: the prompt is read before the clock starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from harness.measure.stats import Interval, bootstrap_ratio, median_ratio
from harness.models.engines.drafts import Draft

NS_PER_MS = 1e6
MOST_TOKENS = 32  # of an answer; the tuned models write about 20


PLAIN = "plain"  # one token a step


class Context(Protocol):
    """The parts of `LlamaContext` that are used here."""

    seen: list[int]

    @property
    def end(self) -> int: ...

    def read(self, tokens: Sequence[int]) -> int: ...
    def feed(self, tokens: Sequence[int]) -> None: ...
    def scores(self) -> np.ndarray: ...
    def choices(self, tokens: Sequence[int]) -> list[int]: ...
    def keep(self, count: int) -> None: ...


# (model, draft, first token of the answer, most tokens) -> the tokens of the answer, without its end
Loop = Callable[[Context, Draft, int, int], Sequence[int]]


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
    def tokens_a_step(self) -> float:
        """Return the mean number of tokens per step, the model's own included; 1 before the first step."""
        return 1 + sum(self.kept) / len(self.kept) if self.kept else 1.0


def plain(context: Context, token: int, most: int) -> list[int]:
    """Return the answer that begins with `token`, one token a step, without its end."""
    text = []
    while token != context.end and len(text) < most:
        text.append(token)
        if len(text) < most:
            context.feed([token])
            token = int(context.scores().argmax())
    return text


def decode(
    context: Context,
    prompt: Sequence[int],
    loop: Loop | None = None,
    draft: Draft | None = None,
    small: Context | None = None,
    most: int = MOST_TOKENS,
) -> tuple[list[int], float]:
    """Return the answer to `prompt`, without its end, and the ms of its decode.

    loop, draft: write with drafts instead of one token a step. small: the context of a draft model. Both
    models read the prompt before the clock starts, because that time is part of TTFT.
    """
    for one in filter(None, (small, context)):
        one.read(prompt)
    token = int(context.scores().argmax())
    start = time.perf_counter_ns()
    text = loop(context, draft, token, most) if loop and draft else plain(context, token, most)
    elapsed = (time.perf_counter_ns() - start) / NS_PER_MS
    if isinstance(draft, Tally):
        draft.end()
    return list(text), elapsed


@dataclass(frozen=True, slots=True)
class Race:
    """The same prompts decoded in several ways, in turn: ms and tokens of each prompt, by way."""

    ms: Mapping[str, tuple[float, ...]]
    texts: Mapping[str, tuple[tuple[int, ...], ...]]

    def speedup(self, way: str, over: str = PLAIN) -> float:
        """Return median(over) / median(way) of decode alone; above 1 `way` is faster."""
        return median_ratio(self.ms[over], self.ms[way])

    def interval(self, way: str, over: str = PLAIN) -> Interval:
        """Return the 95 % bootstrap interval over pairs. Raises TooFewSamplesError for fewer than 5."""
        return bootstrap_ratio(self.ms[over], self.ms[way])

    def different(self, way: str, over: str = PLAIN) -> list[int]:
        """Return the indices of the prompts with another text; each of them needs an explanation."""
        pairs = zip(self.texts[over], self.texts[way], strict=True)
        return [number for number, (a, b) in enumerate(pairs) if a != b]


def race(
    loop: Loop,
    context: Context,
    prompts: Sequence[Sequence[int]],
    drafts: Mapping[str, Draft],
    small: Context | None = None,
) -> Race:
    """Decode each prompt plainly and with each draft, back to back.

    The order is turned from one prompt to the next, and is back to front for every second one, so that each
    way is early and late about equally often. One prompt in advance warms up and is not counted.
    """
    ways: dict[str, Draft | None] = {PLAIN: None, **drafts}
    rounds: list[dict[str, tuple[list[int], float]]] = []
    for number, prompt in enumerate([prompts[-1], *prompts]):
        names = [*ways][number % len(ways) :] + [*ways][: number % len(ways)]
        order = names if number % 2 else names[::-1]
        rounds.append({name: decode(context, prompt, loop, ways[name], small) for name in order})
    return Race(
        ms={name: tuple(one[name][1] for one in rounds[1:]) for name in ways},
        texts={name: tuple(tuple(one[name][0]) for one in rounds[1:]) for name in ways},
    )

"""A simulated server (SIM) whose steps have a token budget and whose sequences share a KV budget.

Two functions decide: `plan`, how many tokens each sequence gets in a step, and `stay`, how many of the oldest
sequences fit into memory. The costs of a step are those measured on a real model.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.errors import WrongUseError

BLOCK = 16  # tokens whose keys and values a server keeps together, as vLLM does by default

Plan = Callable[[list[int], int], Sequence[int]]  # (tokens left, budget) -> tokens of each
Stay = Callable[[list[int], list[int], int], int]  # (held, gets, blocks) -> how many stay
Cost = Callable[[int, int], float]  # (sequences that write, prompt tokens read) -> ms of the step


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: when it arrives (ms), the tokens of its prompt and of its answer."""

    arrives_ms: float
    prompt: int
    answer: int


@dataclass
class Simulated:
    """A request in the server. held: its tokens with keys and values; at_ms: when each token was written."""

    asked: Asked
    held: int = 0
    preempted: int = 0
    at_ms: list[float] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Return the tokens to read before the next one is written: 1 while it writes."""
        return self.asked.prompt + len(self.at_ms) - self.held

    @property
    def ttft_ms(self) -> float:
        return self.at_ms[0] - self.asked.arrives_ms

    @property
    def e2e_ms(self) -> float:
        return self.at_ms[-1] - self.asked.arrives_ms

    @property
    def longest_gap_ms(self) -> float:
        """Return the longest time between two tokens, 0 for an answer of one."""
        pairs = zip(self.at_ms, self.at_ms[1:], strict=False)
        return max((later - sooner for sooner, later in pairs), default=0.0)


@dataclass(frozen=True, slots=True)
class SteppedRun:
    """The requests of a run after all are served, in order of arrival."""

    requests: tuple[Simulated, ...]

    def gap_ms(self, q: float) -> float:
        """Return percentile `q` of the longest time between two tokens of each request."""
        return float(np.percentile([one.longest_gap_ms for one in self.requests], q))

    def ttft_ms(self, q: float, prompt: int | None = None) -> float:
        """Return percentile `q` of the TTFT; with `prompt`, of the requests with so many tokens to read."""
        chosen = [one for one in self.requests if prompt in (None, one.asked.prompt)]
        return float(np.percentile([one.ttft_ms for one in chosen], q))

    @property
    def preempted(self) -> int:
        """Return how many times a request was preempted."""
        return sum(one.preempted for one in self.requests)

    @property
    def stays(self) -> tuple[list[float], list[float]]:
        """Return when each request arrived and when it got its last token, in ms."""
        starts = [one.asked.arrives_ms for one in self.requests]
        return starts, [one.at_ms[-1] for one in self.requests]


def serve_in_steps(
    requests: Sequence[Asked],
    plan: Plan,
    stay: Stay,
    slots: int,
    blocks: int,
    budget: int,
    cost: Cost,
) -> SteppedRun:
    """Serve the requests in steps of at most `budget` tokens, and return them.

    Sequences that do not stay lose what they hold and go to the front of the queue. Raises WrongUseError for
    a request that `blocks` cannot hold, or a plan that gives no token to anybody.
    """
    served = [Simulated(one) for one in requests]
    _check(requests, blocks)
    waiting, running, now_ms = deque(served), [], 0.0
    while waiting or running:
        if not running:
            now_ms = max(now_ms, waiting[0].asked.arrives_ms)
        _admit(waiting, running, slots, blocks, now_ms)
        gets = _fitting(waiting, running, plan, stay, blocks, budget)
        now_ms += _step(running, gets, cost, now_ms)
        running = [one for one in running if len(one.at_ms) < one.asked.answer]
    return SteppedRun(tuple(served))


def _check(requests: Sequence[Asked], blocks: int) -> None:
    most = max((one.prompt + one.answer for one in requests), default=0)
    if most > blocks * BLOCK:
        raise WrongUseError(
            f"{blocks} blocks hold {blocks * BLOCK:,} tokens, and a request needs {most:,}: give more blocks."
        )


def _admit(
    waiting: deque[Simulated], running: list[Simulated], slots: int, blocks: int, now_ms: float
) -> None:
    """Let requests join that have arrived, while a slot and blocks for all they have to read are free."""
    while waiting and len(running) < slots and waiting[0].asked.arrives_ms <= now_ms:
        needed = sum(-(-(one.held + one.left) // BLOCK) for one in [*running, waiting[0]])
        if needed > blocks:
            return
        running.append(waiting.popleft())


def _fitting(
    waiting: deque[Simulated],
    running: list[Simulated],
    plan: Plan,
    stay: Stay,
    blocks: int,
    budget: int,
) -> list[int]:
    """Return the tokens of each running sequence, after preempting those that do not fit."""
    while True:
        gets = list(plan([one.left for one in running], budget))
        n = stay([one.held for one in running], gets, blocks)
        if n >= len(running):
            return gets
        for one in reversed(running[n:]):
            one.held, one.preempted = 0, one.preempted + 1
            waiting.appendleft(one)
        del running[n:]


def _step(running: list[Simulated], gets: list[int], cost: Cost, now_ms: float) -> float:
    """Give each sequence its tokens and return the ms of the step."""
    if not sum(gets):
        raise WrongUseError("The plan gives no token to anybody: no request would ever end.")
    writing = sum(one.left == 1 and n == 1 for one, n in zip(running, gets, strict=True))
    ms = cost(writing, sum(gets) - writing)
    for one, n in zip(running, gets, strict=True):
        complete = n == one.left
        one.held += n
        if complete:
            one.at_ms.append(now_ms + ms)
    return ms

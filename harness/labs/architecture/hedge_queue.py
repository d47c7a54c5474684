"""A simulation of hedged requests at two servers with a queue each (SIM).

`hedging` draws two independent times for each request. Here a second request waits in the other server's
queue and makes others wait, so the price of hedging is in the result. The slower request is cancelled as soon
as the faster one is answered.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from harness.errors import WrongUseError
from harness.measure.stats import Latencies, latencies

SERVERS = 2
ARRIVES, LOOKED_AT, ENDS = range(3)  # kinds of events
Afford = Callable[[int, bool], tuple[bool, int]]  # credit, is the first late? -> hedge?, credit


@dataclass(frozen=True, slots=True)
class HedgedRun:
    """The end-to-end times of a run, and the share of its requests that were sent twice."""

    e2e_ms: Latencies
    extra: float


@dataclass
class _Server:
    """A server. turn: the number of the service in progress; the end of an earlier one is void."""

    waiting: deque[int] = field(default_factory=deque)
    running: int | None = None
    turn: int = 0


def hedged_queue(
    service_ms: Sequence[float],
    per_s: float,
    n: int,
    after_ms: float,
    afford: Afford,
    seed: int = 0,
) -> HedgedRun:
    """Simulate `n` requests (Poisson, `per_s`), each at a random one of two servers, in order of arrival.

    After `after_ms` each request is looked at: `afford(credit, late)` says whether it is sent to the other
    server, too, and which credit is left; the credit begins at 0. Raises WrongUseError without service times.
    """
    if not len(service_ms):
        raise WrongUseError("There are no service times to draw from: measure some requests first.")
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(1e3 / per_s, n)).tolist()
    homes = rng.integers(SERVERS, size=n).tolist()
    drawn_ms = rng.choice(service_ms, (n, SERVERS)).tolist()
    servers = [_Server() for _ in range(SERVERS)]
    ends: list[float | None] = [None] * n
    credit, extra = 0, 0
    events = [(at, ARRIVES, number, homes[number], 0) for number, at in enumerate(arrivals)]
    while events:
        at, kind, number, place, turn = heapq.heappop(events)
        if kind == ARRIVES:
            servers[place].waiting.append(number)
            heapq.heappush(events, (at + after_ms, LOOKED_AT, number, (place + 1) % SERVERS, 0))
        elif kind == LOOKED_AT:
            hedge, credit = afford(credit, ends[number] is None)
            if hedge:
                servers[place].waiting.append(number)
            extra += hedge
        elif turn == servers[place].turn:
            ends[number] = at
            _cancel(servers, number)
        for where, started in _started(servers, ends):
            end = at + drawn_ms[started][where]
            heapq.heappush(events, (end, ENDS, started, where, servers[where].turn))
    times = [end - at for end, at in zip(ends, arrivals, strict=True)]
    return HedgedRun(latencies(times), extra / n)


def _cancel(servers: Sequence[_Server], number: int) -> None:
    """Stop a request that is answered wherever it is served; where it waits, its turn is skipped."""
    for server in servers:
        if server.running == number:
            server.running, server.turn = None, server.turn + 1


def _started(servers: Sequence[_Server], ends: Sequence[float | None]) -> Iterator[tuple[int, int]]:
    """Yield (server, request) for each idle server with a request that is not answered yet."""
    for where, server in enumerate(servers):
        while server.running is None and server.waiting:
            number = server.waiting.popleft()
            if ends[number] is None:
                server.running, server.turn = number, server.turn + 1
                yield where, number

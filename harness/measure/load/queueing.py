"""A simulation of a queue with measured service times, labelled SIM wherever it is shown.

Requests arrive at random times, wait for one of the servers in order of arrival, and are served for a time
drawn from those measured. One server follows Lindley's recursion (D. V. Lindley, 1952), several follow Kiefer
and Wolfowitz's (1955). Both are exact for such a queue, and no clock is needed.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.assistant import Answer
from harness.errors import WrongUseError
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.timing import NS_PER_MS, Timing
from harness.measure.load.goodput import LoadRun, Request
from harness.measure.load.load_generator import poisson_starts_ns

NO_ANSWER = Answer("SIM")  # a simulated request has times and no text
ABANDONED = Fault(FaultKind.TIMED_OUT, "SIM: the user left before the request was answered.")


@dataclass(frozen=True, slots=True)
class Service:
    """The times of a request served alone, in ms: to its first text, and to its end."""

    ttft_ms: float
    e2e_ms: float


@dataclass(frozen=True, slots=True)
class Users:
    """How long users wait.

    patience_ms: wait after which a user leaves. cancelled: whether the server notices and drops the request.
    """

    patience_ms: float = math.inf
    cancelled: bool = True

    @property
    def dropped_after_ms(self) -> float:
        """Return the wait after which the server drops a request, infinity if it does not notice."""
        return self.patience_ms if self.cancelled else math.inf


PATIENT = Users()
# (starts_ms, service_ms, servers, patience_ms) -> waits in ms; see `waits_ms`
Queue = Callable[[Sequence[float], Sequence[float], int, float], Sequence[float]]


def waits_ms(
    starts_ms: Sequence[float],
    service_ms: Sequence[float],
    servers: int = 1,
    patience_ms: float = math.inf,
) -> list[float]:
    """Return how long each request waits for a server, in ms and in order of arrival.

    starts_ms: ascending. A request that would wait for more than `patience_ms` is not served; its wait is
    that until a server would have been free. Raises WrongUseError if the lengths differ or there is no
    server.
    """
    if len(starts_ms) != len(service_ms) or servers < 1:
        raise WrongUseError("A queue needs a service time for each start, and at least one server.")
    free = [0.0] * servers  # when each server becomes free
    waits = []
    for start, service in zip(starts_ms, service_ms, strict=True):
        begin = max(start, free[0])
        waits.append(begin - start)
        served = begin - start <= patience_ms
        heapq.heapreplace(free, begin + service if served else begin)
    return waits


def simulate(
    measured: Sequence[Service],
    per_s: float,
    n: int,
    servers: int = 1,
    users: Users = PATIENT,
    seed: int = 0,
    queue: Queue = waits_ms,
) -> LoadRun:
    """Simulate `n` requests at `per_s` a second (Poisson), each served like a random one of `measured`.

    queue: computes the waits. A user who leaves counts as a fault. Raises WrongUseError if nothing was
    measured, or if `per_s`, `n` or `servers` is not above 0.
    """
    if not measured:
        raise WrongUseError("There are no service times to simulate: measure some requests first.")
    starts = [ns / NS_PER_MS for ns in poisson_starts_ns(n, per_s, seed)]
    drawn = np.random.default_rng(seed + 1).integers(len(measured), size=n)
    served = [measured[number] for number in drawn]
    takes = [service.e2e_ms for service in served]
    waits = queue(starts, takes, servers, users.dropped_after_ms)
    rows = list(zip(starts, waits, served, strict=True))
    requests = tuple(_request(start, wait, service, users) for start, wait, service in rows)
    last = max(start + wait + service.e2e_ms for start, wait, service in rows)
    load = f"SIM: {per_s:g} requests/s (Poisson), servers: {servers}, like {len(measured)} measured"
    return LoadRun(requests, last / 1e3, load)


def simulate_runs(
    measured: Sequence[Service], per_s: float, n: int, runs: int, servers: int = 1
) -> LoadRun:
    """Return the requests of `runs` simulated runs of `n` together, to compare with a short measured run.

    A queue begins empty, so a short run ends before the queue has reached its usual length. Raises as
    `simulate` does.
    """
    batch = [simulate(measured, per_s, n, servers, seed=seed) for seed in range(runs)]
    requests = tuple(request for run in batch for request in run.requests)
    seconds = sum(run.seconds for run in batch)
    return LoadRun(requests, seconds, f"{batch[0].load}, {runs} runs of {n}")


def _request(start: float, wait: float, service: Service, users: Users) -> Request:
    if wait > users.patience_ms:
        return Request(start, wait, ABANDONED)
    return Request(start, wait, Timing(service.ttft_ms, service.e2e_ms, NO_ANSWER))

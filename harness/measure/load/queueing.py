"""What a queue makes of measured service times: a simulation, and labelled SIM wherever it is shown.

Requests come at random times, wait for one of the servers in order of arrival, and are served for a time
drawn from those measured. One server is Lindley's recursion (D. V. Lindley, 1952), several are Kiefer
and Wolfowitz's (1955): exact for such a queue, and no clock is needed.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.assistant import Answer
from harness.errors import WrongUseError
from harness.measure.latency.faults import Fault, FaultKind
from harness.measure.latency.timing import NS_PER_MS, Timing
from harness.measure.load.goodput import LoadRun, Request
from harness.measure.load.load_generator import poisson_starts_ns

NOBODY = Answer("SIM")  # a simulated request has times, and no text
GONE = Fault(FaultKind.TIMED_OUT, "SIM: the user left before it was answered.")


@dataclass(frozen=True, slots=True)
class Service:
    """A request served alone, in ms: until its first text, and until its end."""

    ttft_ms: float
    e2e_ms: float


@dataclass(frozen=True, slots=True)
class Users:
    """Who waits how long. patience_ms: until they leave. cancelled: whether the server notices that."""

    patience_ms: float = math.inf
    cancelled: bool = True


PATIENT = Users()


def waits_ms(
    starts_ms: Sequence[float],
    service_ms: Sequence[float],
    servers: int = 1,
    users: Users = PATIENT,
) -> list[float]:
    """How long each request waits for a server, those included who leave meanwhile; in order of arrival.

    Raises WrongUseError for unequal lengths, or no server.
    """
    if len(starts_ms) != len(service_ms) or servers < 1:
        raise WrongUseError("A queue needs a service time for each start, and at least one server.")
    free = [0.0] * servers  # when each of them has nothing more to do
    waits = []
    for start, service in zip(starts_ms, service_ms, strict=True):
        begin = max(start, free[0])
        waits.append(begin - start)
        left = begin - start > users.patience_ms
        heapq.heapreplace(free, begin if left and users.cancelled else begin + service)
    return waits


def simulated(
    measured: Sequence[Service],
    per_s: float,
    n: int,
    servers: int = 1,
    users: Users = PATIENT,
    seed: int = 0,
) -> LoadRun:
    """`n` requests at `per_s` a second (Poisson) at `servers`, each like one of `measured`, at random.

    Who leaves is a fault. Raises WrongUseError for nothing measured, no request, rate or server.
    """
    if not measured:
        raise WrongUseError("There is nothing to simulate from: measure some requests first.")
    starts = [ns / NS_PER_MS for ns in poisson_starts_ns(n, per_s, seed)]
    drawn = np.random.default_rng(seed + 1).integers(len(measured), size=n)
    served = [measured[number] for number in drawn]
    waits = waits_ms(starts, [one.e2e_ms for one in served], servers, users)
    rows = zip(starts, waits, served, strict=True)
    requests = tuple(_request(start, wait, one, users) for start, wait, one in rows)
    last = max(
        start + wait + one.e2e_ms for start, wait, one in zip(starts, waits, served, strict=True)
    )
    load = f"SIM: {per_s:g} requests/s (Poisson), servers: {servers}, like {len(measured)} measured"
    return LoadRun(requests, last / 1e3, load)


def repeated(
    measured: Sequence[Service], per_s: float, n: int, runs: int, servers: int = 1
) -> LoadRun:
    """The requests of `runs` runs of `n` together: to compare with a short run that was measured.

    A queue begins empty, so a short run has not yet seen the worst. Raises as `simulated` does.
    """
    every = [simulated(measured, per_s, n, servers, seed=seed) for seed in range(runs)]
    requests = tuple(request for one in every for request in one.requests)
    return LoadRun(
        requests, sum(one.seconds for one in every), f"{every[0].load}, {runs} runs of {n}"
    )


def _request(start: float, wait: float, one: Service, users: Users) -> Request:
    gone = wait > users.patience_ms
    return Request(start, wait, GONE if gone else Timing(one.ttft_ms, one.e2e_ms, NOBODY))

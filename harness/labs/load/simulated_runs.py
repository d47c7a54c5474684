"""Simulated runs (SIM) of a queue with measured service times: by load, again and again, and by servers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from harness.errors import WrongUseError
from harness.measure.load.goodput import Limits, LoadRun
from harness.measure.load.queueing import Queue, Service, simulate, simulate_runs, waits_ms

EDGE = 0.1  # of a run, cut off at either end: the queue begins empty and ends with the last request
MOMENTS = 10_000  # in a window: their mean is within 1 % or so of the average over time


@dataclass(frozen=True, slots=True)
class Window:
    """The middle of a long run.

    inside: the requests in the system, counted at random moments and averaged. per_s: the arrivals.
    latency_s: the mean end-to-end time of those that arrive in the window.
    """

    inside: float
    per_s: float
    latency_s: float


def window(run: LoadRun, seed: int = 0) -> Window:
    """Return the middle 80 % of a run, counted at 10,000 random moments.

    Raises WrongUseError if the run has too few requests, or one without an answer.
    """
    edge = int(EDGE * len(run.requests))
    if not edge or run.faults:
        raise WrongUseError("A window needs ten requests or more, all of them answered.")
    starts = np.array([request.intended_ms for request in run.requests])
    stays = np.array([request.e2e_ms for request in run.requests])
    first_ms, last_ms = starts[edge], starts[-edge]
    moments = np.random.default_rng(seed).uniform(first_ms, last_ms, MOMENTS)
    arrived, left = (np.searchsorted(np.sort(at), moments) for at in (starts, starts + stays))
    inside = stays[edge:-edge]
    return Window(
        inside=float((arrived - left).mean()),
        per_s=float(1e3 * len(inside) / (last_ms - first_ms)),
        latency_s=float(inside.mean() / 1e3),
    )


def simulated_loads(
    service: Sequence[Service], most_per_s: float, loads: Sequence[float], n: int, runs: int
) -> dict[float, LoadRun]:
    """Return load -> `runs` simulated runs of `n` requests together; a load is a share of `most_per_s`."""
    return {load: simulate_runs(service, load * most_per_s, n, runs) for load in loads}


def ttft_range(
    service: Sequence[Service], per_s: float, n: int, q: float, runs: int
) -> tuple[float, float]:
    """Return the range in ms that holds 9 of 10 runs of `n` requests: of their TTFT's percentile `q`."""
    found = []
    for seed in range(runs):
        run = simulate(service, per_s, n, seed=seed)
        found.append(np.percentile([request.ttft_ms for request in run.requests], q))
    low, high = np.percentile(found, (5, 95))
    return float(low), float(high)


def busy_servers(service: Sequence[Service], per_s: float) -> float:
    """Return how many servers are busy on average with `per_s` requests a second, by Little's law."""
    return per_s * fmean(times.e2e_ms for times in service) / 1e3


def goodput_by_servers(
    service: Sequence[Service],
    per_s: Mapping[int, float],
    limits: Limits,
    reserves: Sequence[float],
    n: int,
    queue: Queue = waits_ms,
) -> dict[int, dict[int, float]]:
    """Return users -> {servers: goodput as a share of `n` requests}.

    per_s: users -> requests per second. reserves: servers ÷ servers busy on average, rounded up to whole
    servers. queue: as in `simulate`.
    """
    curves: dict[int, dict[int, float]] = {}
    for users, rate in per_s.items():
        busy = busy_servers(service, rate)
        sizes = sorted({math.ceil(busy * reserve) for reserve in reserves})
        runs = {size: simulate(service, rate, n, servers=size, queue=queue) for size in sizes}
        curves[users] = {size: run.goodput(limits).share.rate for size, run in runs.items()}
    return curves

"""Formulas for waiting and for limits: M/M/c queues (Erlang C), requests sent again, calls over a limit."""

from __future__ import annotations

import math

STEPS = 200  # enough for a utilisation to settle to 1e-6 where it is below 0.9
TERMS = 60  # of a Poisson distribution with a mean of a few requests in a second


def idle(servers: int, load: float) -> float:
    """Return the share of the time in which none of `servers` has work; load: mean requests in work."""
    if load >= servers:
        return 0.0
    below = sum(load**n / math.factorial(n) for n in range(servers))
    return 1 / (below + _all_busy(servers, load))


def wait(servers: int, load: float) -> float:
    """Return the mean wait of an M/M/c queue in units of the service time; infinite from `servers` on."""
    if load >= servers:
        return math.inf
    return _all_busy(servers, load) * idle(servers, load) / (servers - load)


def _all_busy(servers: int, load: float) -> float:
    return load**servers / math.factorial(servers) * servers / (servers - load)


def attempts(utilisation: float, service_ms: float, patience_ms: float, most: int) -> float:
    """Return the mean number of times that a request is sent to a single server.

    It is sent again, up to `most` times, whenever the time of waiting and service exceeds the patience.
    """
    late = math.exp(-patience_ms * (1 - utilisation) / service_ms)  # M/M/1
    return sum(late**n for n in range(most + 1))


def settled(first: float, service_ms: float, patience_ms: float, most: int) -> float:
    """Return the utilisation with all attempts, if the first ones alone make `first`, from low load."""
    utilisation = first
    for _ in range(STEPS):
        utilisation = min(0.99, first * attempts(utilisation, service_ms, patience_ms, most))
    return utilisation


def share_over(mean: float, limit: float) -> float:
    """Return the share of Poisson arrivals beyond `limit` in a second, of `mean` on average."""
    chance, beyond = math.exp(-mean), 0.0
    for n in range(1, TERMS):
        chance *= mean / n
        beyond += chance * max(0.0, n - limit)
    return beyond / mean

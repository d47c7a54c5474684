"""The checks of lab 08 on queues: waiting times, requests in time, Little's law, and admission control."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import TWO_DECIMALS, Exercise, check, close, hint, kind, ms, plain
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check
SHOWN = 6  # requests in a message

WAITS = Exercise("08", 1, "waits")
GOOD = Exercise("08", 2, "good")
INSIDE = Exercise("08", 3, "in_system")
ADMIT = Exercise("08", 5, "admit")

Request = tuple[float, float, float | None]  # intended, sent, first text; ms


# ---- exercise 1: waiting ------------------------------------------------------------------------------


@check
def waits(function: Callable[[list[float], list[float]], list[float]]) -> None:
    """Check how long each request waits for one server that takes them in order."""
    limits, rng = CallLimits(WAITS), fresh_rng()
    fixed = [([], []), ([5.0], [9.0]), ([0.0, 4.0], [9.0, 2.0])]
    for starts, service in [*fixed, *(_queue(rng) for _ in range(ROUNDS))]:
        got = _numbers(limits.call(function, starts, service), len(starts))
        expected = _waited(starts, service)
        if not all(map(close, got, expected)):
            case = f"starts {_list(starts)}, service {_list(service)}"
            look = _look_at_waits(got, starts, service)
            WAITS.fail(f"waits {_list(expected)} for {case}", _list(got), look)
    WAITS.passed("A queue in five lines, and exact. Agner Erlang needed a telephone exchange.")


def _queue(rng: Random) -> tuple[list[float], list[float]]:
    """Return six requests or more: some find the server free, some do not."""
    while True:
        starts, service, at = [], [], rng.uniform(0, 50)
        for _ in range(rng.randint(6, 12)):
            starts.append(round(at, 1))
            service.append(round(rng.uniform(20, 200), 1))
            at += rng.expovariate(1 / 110)
        late = [wait > 0 for wait in _waited(starts, service)]
        if 2 <= sum(late) < len(late) - 1:
            return starts, service


def _waited(starts: Sequence[float], service: Sequence[float]) -> list[float]:
    """Return the waits, computed from when the server is free rather than by Lindley's recursion."""
    waits, free = [], 0.0
    for start, takes in zip(starts, service, strict=True):
        begin = max(start, free)
        waits.append(begin - start)
        free = begin + takes
    return waits


def _numbers(got: object, n: int) -> list[float]:
    WAITS.returned(got, Sequence, "a list of waits in ms")
    WAITS.expect(len(got), n, "waits in ms, one for each request", "what you append, and when")
    return [WAITS.finite(wait, "each wait") for wait in got]


def _look_at_waits(got: list[float], starts: list[float], service: list[float]) -> str:
    if min(got) < 0:
        return "a negative wait: if the server is idle when a request arrives, the wait is 0"
    waits, pairs = _waited(starts, service), zip(starts, service, starts[1:], strict=False)
    if all(map(close, got, [wait + s for wait, s in zip(waits, service, strict=True)])):
        return "what you return: the wait alone, without the service"
    if all(map(close, got, [0.0, *(max(0.0, start + s - after) for start, s, after in pairs)])):
        return "the wait of the request before: it ends later by its own wait, and so on"
    return (
        "when the server is free again: the later of its last end and this start, plus the service"
    )


def _list(values: Sequence[float]) -> str:
    more = ", …" if len(values) > SHOWN else ""
    return f"[{', '.join(f'{value:.0f}' for value in values[:SHOWN])}{more}] ms"


# ---- exercise 2: good enough --------------------------------------------------------------------------


@check
def good(function: Callable[[list[Request], float], float]) -> None:
    """Check the share of all requests whose first text came in time, on the user's clock."""
    limits, rng = CallLimits(GOOD), fresh_rng()
    for limit in (rng.choice((200.0, 300.0, 500.0)) for _ in range(ROUNDS)):
        requests = _requests(rng, limit)
        got = GOOD.finite(limits.call(function, requests, limit), "the share")
        expected = _share(requests, limit, since=0, of_all=True)
        where = f"of {len(requests)} requests within {limit:.0f} ms"
        GOOD.expect(got, expected, where, _look_at_good, requests, limit, unit=TWO_DECIMALS)
    GOOD.passed("You measure from when the user meant to ask, which is when the wait begins.")


def _requests(rng: Random, limit: float) -> list[Request]:
    """Return requests that tell the mistakes apart: some sent late, some without any text."""
    while True:
        requests, at = [], 0.0
        for _ in range(rng.randint(8, 14)):
            at += rng.uniform(10, 300)
            sent = at + rng.choice((0.0, rng.uniform(0, 1.2 * limit)))
            first = None if rng.random() < 0.25 else sent + rng.uniform(0.3, 1.1) * limit
            requests.append((at, sent, first))
        requests.append((100.0, 100.0, 100.0 + limit))  # whole numbers: exactly at the limit
        shares = [
            _share(requests, limit, since, of_all) for since in (0, 1) for of_all in (True, False)
        ]
        shares.append(shares[0] * len(requests))  # a count in place of a share
        if len({round(share, 2) for share in shares}) == len(shares):
            return requests


def _share(requests: Sequence[Request], limit: float, since: int, of_all: bool) -> float:
    answered = [request for request in requests if request[2] is not None]
    in_time = sum(request[2] - request[since] <= limit for request in answered)
    return in_time / len(requests if of_all else answered)


def _look_at_good(got: float, requests: list[Request], limit: float) -> str:
    right, late = (_share(requests, limit, since, of_all=True) for since in (0, 1))
    answered, both = (_share(requests, limit, since, of_all=False) for since in (0, 1))
    mistakes = {
        "the start of the clock: the user meant to ask at `intended`, and has waited since": late,
        "what you divide by: a request without any answer was not served in time": answered,
        "both: the clock starts at `intended`, and requests without an answer count, too": both,
        "a share: divide by the number of requests": right * len(requests),
    }
    default = "first text minus intended start, at most the limit; None is never in time"
    return hint(got, mistakes, default, TWO_DECIMALS)


# ---- exercise 3: Little's law -------------------------------------------------------------------------


@check
def in_system(function: Callable[[list[float], list[float]], float]) -> None:
    """Check the number of requests in the system, averaged from time 0 to the last end."""
    limits, rng = CallLimits(INSIDE), fresh_rng()
    for _ in range(ROUNDS):
        starts, ends = _stays(rng)
        got = INSIDE.finite(limits.call(function, starts, ends), "the average")
        expected = _area(starts, ends) / max(ends)
        where = f"requests on average for starts {_list(starts)} and ends {_list(ends)}"
        INSIDE.expect(got, expected, where, _look_at_inside, starts, ends, unit=TWO_DECIMALS)
    INSIDE.passed("Little's law holds for any order of service and any distribution of times.")


def _stays(rng: Random) -> tuple[list[float], list[float]]:
    """Return starts and ends that tell the mistakes apart: three lengths of time that all differ."""
    while True:
        starts = sorted(round(rng.uniform(50, 900), 1) for _ in range(rng.randint(3, 10)))
        ends = [round(start + rng.uniform(50, 700), 1) for start in starts]
        averages = [_area(starts, ends) / over for over in _lengths(starts, ends)]
        if min(b - a for a, b in pairwise(sorted(averages))) > 3 * TWO_DECIMALS.within:
            return starts, ends


def _lengths(starts: list[float], ends: list[float]) -> tuple[float, float, float]:
    return max(ends), max(ends) - min(starts), ends[-1]


def _area(starts: Sequence[float], ends: Sequence[float]) -> float:
    """Return the integral of the number of requests inside over time, not the sum of latencies."""
    edges = sorted({*starts, *ends})
    return sum(
        (right - left) * sum(a <= left and b >= right for a, b in zip(starts, ends, strict=True))
        for left, right in pairwise(edges)
    )


def _look_at_inside(got: float, starts: list[float], ends: list[float]) -> str:
    area, n = _area(starts, ends), len(starts)
    _, busy, last = _lengths(starts, ends)
    mistakes = {
        "what you divide by: the time from 0 to the last end, not the number of requests": area / n,
        "the average over time: that is the number of requests": n,
        "where the average begins: at time 0, before the first request": area / busy,
        "the last end: the last request that starts need not be the last that ends": area / last,
    }
    default = "each request adds end minus start; divide the sum by the time from 0 to the last end"
    return hint(got, mistakes, default, TWO_DECIMALS)


# ---- exercise 5: admission ----------------------------------------------------------------------------


@check
def admit(function: Callable[[int, float, float, float], bool]) -> None:
    """Check that a request is admitted exactly if its first text comes within the limit."""
    limits, rng = CallLimits(ADMIT), fresh_rng()
    for ahead, service, ttft, limit in [*TELLING, *_cases(rng)]:
        got = plain(limits.call(function, ahead, service, ttft, limit))
        if not isinstance(got, bool):
            ADMIT.fail(
                "True or False", kind(got), "what you return: a comparison gives True or False"
            )
        first = ahead * service + ttft
        if got != (first <= limit):
            case = f"{ahead} ahead at {ms(service)} each, then {ms(ttft)} to the first text"
            look = _look_at_admit(got, ahead, service, ttft, limit)
            ADMIT.fail(f"{first <= limit} for {case}, limit {ms(limit)}", f"{got}", look)
    ADMIT.passed("A user who gets a quick no can try again; a user on hold cannot.")


# Exactly one of the usual mistakes answers each of these wrongly; the last meets its limit exactly.
TELLING = [
    *((5, 300.0, 100.0, 500.0), (2, 200.0, 150.0, 500.0), (2, 180.0, 100.0, 500.0)),
    (2, 200.0, 100.0, 500.0),
]


def _cases(rng: Random) -> list[tuple[int, float, float, float]]:
    """Return cases on both sides of the limit, near it and far away, with and without requests ahead."""
    cases = []
    for _ in range(ROUNDS):
        service, ahead = rng.uniform(50, 400), rng.randint(0, 8)
        ttft = rng.uniform(0.2, 0.9) * service
        first = ahead * service + ttft
        near = rng.choice((0.5, 0.9, 0.97, 1.03, 1.1, 1.9))
        cases.append((ahead, round(service, 1), round(ttft, 1), round(near * first, 1)))
    return cases


def _look_at_admit(got: bool, ahead: int, service: float, ttft: float, limit: float) -> str:
    if ahead * service + ttft == limit:
        return "the limit itself: a first text at limit_ms is still in time"
    if got == (ahead * service <= limit):
        return "your own first text: it needs its time, too, once it is your turn"
    if got == ((ahead + 1) * service <= limit):
        return "the last service: the limit is for the first text, not for the whole answer"
    if got == (ttft <= limit):
        return "those ahead: each of them takes one service before it is your turn"
    return "ahead * service_ms + ttft_ms, at most limit_ms"

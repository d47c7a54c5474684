"""The checks of lab 08, the queue: waiting, what was good enough, how many are inside, whom to let in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, close, kind, ms
from grader.exercise.randomness import fresh_rng

ROUNDS = 40  # fresh inputs per check
ROUNDING = 0.005  # of a share or a count: two decimals are welcome
SHOWN = 6  # requests of a message

WAITS = Exercise("08", 1, "waits")
GOOD = Exercise("08", 2, "good")
INSIDE = Exercise("08", 3, "in_system")
ADMIT = Exercise("08", 5, "admit")

Asked = tuple[float, float, float | None]  # intended, sent, first text; ms


# ---- exercise 1: waiting ------------------------------------------------------------------------------


@check
def waits(function: Callable[[list[float], list[float]], list[float]]) -> None:
    """How long each request waits for one server that takes them in order."""
    limits, rng = CallLimits(WAITS), fresh_rng()
    for starts, service in [([], []), ([5.0], [9.0]), *(_queue(rng) for _ in range(ROUNDS))]:
        got = _numbers(limits.call(function, starts, service), len(starts))
        expected = _waited(starts, service)
        if not all(map(close, got, expected)):
            WAITS.fail(
                f"waits {_list(expected)} for starts {_list(starts)}, service {_list(service)}",
                _list(got),
                _look_at_waits(got, starts, service),
            )
    WAITS.passed("A queue in five lines, and exact. Agner Erlang needed a telephone exchange.")


def _queue(rng: Random) -> tuple[list[float], list[float]]:
    """Six requests or more: some find the server free, some do not."""
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
    """By when the server is free, not by Lindley's recursion: another way to the same numbers."""
    found, free = [], 0.0
    for start, takes in zip(starts, service, strict=True):
        begin = max(start, free)
        found.append(begin - start)
        free = begin + takes
    return found


def _numbers(got: object, n: int) -> list[float]:
    if not isinstance(got, Sequence) or isinstance(got, str):
        WAITS.fail("a list of waits in ms", kind(got), "the line with `return`")
    if len(got) != n:
        WAITS.fail(f"{n} waits, one for each request", f"{len(got)}", "what is appended, and when")
    return [WAITS.finite(one, "each wait") for one in got]


def _look_at_waits(got: list[float], starts: list[float], service: list[float]) -> str:
    if min(got) < 0:
        return "a negative wait: an idle server does not turn back time, it just waits itself"
    if all(
        map(close, got, [w + s for w, s in zip(_waited(starts, service), service, strict=True)])
    ):
        return "what to return: the wait alone, without the service"
    only_last = [0.0] + [
        max(0.0, a + s - b) for a, s, b in zip(starts, service, starts[1:], strict=False)
    ]
    if all(map(close, got, only_last)):
        return "the wait of the one before: who waits ends later, and so on down the queue"
    return (
        "when the server is free again: the later of its last end and this start, plus the service"
    )


def _list(values: Sequence[float]) -> str:
    more = ", …" if len(values) > SHOWN else ""
    return f"[{', '.join(f'{value:.0f}' for value in values[:SHOWN])}{more}] ms"


# ---- exercise 2: good enough --------------------------------------------------------------------------


@check
def good(function: Callable[[list[Asked], float], float]) -> None:
    """The share of all requests whose first text came in time, on the user's clock."""
    limits, rng = CallLimits(GOOD), fresh_rng()
    for limit in (rng.choice((200.0, 300.0, 500.0)) for _ in range(ROUNDS)):
        asked = _asked(rng, limit)
        got = GOOD.finite(limits.call(function, asked, limit), "the share")
        expected = _share(asked, limit, since=0, of_all=True)
        if abs(got - expected) > ROUNDING:
            GOOD.fail(
                f"{expected:.2f} of {len(asked)} requests within {limit:.0f} ms",
                f"{got:.2f}",
                _look_at_good(got, asked, limit),
            )
    GOOD.passed("The user's clock starts when the user does. So does yours now.")


def _asked(rng: Random, limit: float) -> list[Asked]:
    """Requests that tell the mistakes apart: some sent late, some without any text."""
    while True:
        found, at = [], 0.0
        for _ in range(rng.randint(8, 14)):
            at += rng.uniform(10, 300)
            sent = at + rng.choice((0.0, rng.uniform(0, 1.2 * limit)))
            first = None if rng.random() < 0.25 else sent + rng.uniform(0.3, 1.1) * limit
            found.append((at, sent, first))
        shares = [_share(found, limit, since, whole) for since in (0, 1) for whole in (True, False)]
        shares.append(shares[0] * len(found))  # a count in place of a share
        if len({round(share, 2) for share in shares}) == len(shares):
            return found


def _share(asked: Sequence[Asked], limit: float, since: int, of_all: bool) -> float:
    answered = [one for one in asked if one[2] is not None]
    in_time = sum(one[2] - one[since] <= limit for one in answered)
    return in_time / len(asked if of_all else answered)


def _look_at_good(got: float, asked: list[Asked], limit: float) -> str:
    if abs(got - _share(asked, limit, since=1, of_all=True)) <= ROUNDING:
        return "the start of the clock: the user meant to ask at `intended`, and has waited since"
    if abs(got - _share(asked, limit, since=0, of_all=False)) <= ROUNDING:
        return "what you divide by: who got no answer at all was not served well, either"
    if abs(got - _share(asked, limit, since=1, of_all=False)) <= ROUNDING:
        return "both: the clock starts at `intended`, and requests without an answer count, too"
    if abs(got - _share(asked, limit, since=0, of_all=True) * len(asked)) <= ROUNDING:
        return "a share: divide by the number of requests"
    return "first text minus intended start, at most the limit; None is never in time"


# ---- exercise 3: Little's law -------------------------------------------------------------------------


@check
def in_system(function: Callable[[list[float], list[float]], float]) -> None:
    """The number of requests inside, averaged from time 0 to the last end."""
    limits, rng = CallLimits(INSIDE), fresh_rng()
    for _ in range(ROUNDS):
        starts, ends = _stays(rng)
        got = INSIDE.finite(limits.call(function, starts, ends), "the average")
        expected = _area(starts, ends) / max(ends)
        if abs(got - expected) > ROUNDING:
            INSIDE.fail(
                f"{expected:.2f} inside for starts {_list(starts)} and ends {_list(ends)}",
                f"{got:.2f}",
                _look_at_inside(got, starts, ends),
            )
    INSIDE.passed("Little's law needs no assumption at all. Few laws can say that.")


def _stays(rng: Random) -> tuple[list[float], list[float]]:
    """Starts and ends that tell the mistakes apart: three lengths of time that all differ."""
    while True:
        starts = sorted(round(rng.uniform(50, 900), 1) for _ in range(rng.randint(3, 10)))
        ends = [round(start + rng.uniform(50, 700), 1) for start in starts]
        averages = [_area(starts, ends) / over for over in _lengths(starts, ends)]
        if min(b - a for a, b in pairwise(sorted(averages))) > 3 * ROUNDING:
            return starts, ends


def _lengths(starts: list[float], ends: list[float]) -> tuple[float, float, float]:
    return max(ends), max(ends) - min(starts), ends[-1]


def _area(starts: Sequence[float], ends: Sequence[float]) -> float:
    """The integral of how many are inside, stretch by stretch: no sum of latencies."""
    edges = sorted({*starts, *ends})
    return sum(
        (right - left) * sum(a <= left and b >= right for a, b in zip(starts, ends, strict=True))
        for left, right in pairwise(edges)
    )


def _look_at_inside(got: float, starts: list[float], ends: list[float]) -> str:
    area, n = _area(starts, ends), len(starts)
    if abs(got - area / n) <= ROUNDING or abs(got - n) <= ROUNDING:
        return "what you divide by: the time from 0 to the last end, not the number of requests"
    if abs(got - area / (max(ends) - min(starts))) <= ROUNDING:
        return "where the average begins: at time 0, when nobody is there yet"
    if abs(got - area / ends[-1]) <= ROUNDING:
        return "the last end: the last who came need not be the last who leaves"
    return "each request adds its whole stay, end minus start; all of it over the time that passed"


# ---- exercise 5: the door -----------------------------------------------------------------------------


@check
def admit(function: Callable[[int, float, float, float], bool]) -> None:
    """True exactly when those ahead and the own first text fit into the limit."""
    limits, rng = CallLimits(ADMIT), fresh_rng()
    for ahead, service, ttft, limit in [*TELLING, *_doors(rng)]:
        got = limits.call(function, ahead, service, ttft, limit)
        if not isinstance(got, bool) and type(got).__name__ != "bool_":
            ADMIT.fail("True or False", kind(got), "a comparison is one already")
        first = ahead * service + ttft
        if bool(got) != (first <= limit):
            ADMIT.fail(
                f"{first <= limit}: {ahead} ahead at {ms(service)} each, first text {ms(ttft)} "
                f"after that, limit {ms(limit)}",
                f"{got}",
                _look_at_admit(bool(got), ahead, service, ttft, limit),
            )
    ADMIT.passed("A quick no is a service. Ask anybody who has been on hold.")


# Each of these is answered wrongly by one mistake alone.
TELLING = [(5, 300.0, 100.0, 500.0), (2, 200.0, 150.0, 500.0), (2, 180.0, 100.0, 500.0)]


def _doors(rng: Random) -> list[tuple[int, float, float, float]]:
    """On both sides of the limit, near it and far away, with and without somebody ahead."""
    found = []
    for _ in range(ROUNDS):
        service, ahead = rng.uniform(50, 400), rng.randint(0, 8)
        ttft = rng.uniform(0.2, 0.9) * service
        first = ahead * service + ttft
        near = rng.choice((0.5, 0.9, 0.97, 1.03, 1.1, 1.9))
        found.append((ahead, round(service, 1), round(ttft, 1), round(near * first, 1)))
    return found


def _look_at_admit(got: bool, ahead: int, service: float, ttft: float, limit: float) -> str:
    if got == (ahead * service <= limit):
        return "your own first text: it needs its time, too, when the turn has come"
    if got == ((ahead + 1) * service <= limit):
        return "the last service: the limit is for the first text, not for the whole answer"
    if got == (ttft <= limit):
        return "those ahead: each of them takes one service before it is your turn"
    return "ahead * service_ms + ttft_ms, at most limit_ms"

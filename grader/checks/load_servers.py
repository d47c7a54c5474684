"""The check of lab 08 on one queue of several servers, whose users leave when they would wait too long."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from math import inf
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, close, explanation, kind, ms, plain
from grader.exercise.randomness import asked, fresh_rng

ROUNDS = 25  # fresh inputs, beside the edge cases

SHARED = Exercise("08", 8, "one_queue")

Times = Sequence[float]
# starts, service, servers, patience; times in ms
Case = tuple[list[float], list[float], int, float]
Waits = Callable[[Times, Times, int, float], list[float]]


@check
def one_queue(function: Callable[[list[float], list[float], int, float], list[float]]) -> None:
    """Check the waits for the server that is free first, and that no server is kept busy by who leaves."""
    limits, rng = CallLimits(SHARED), fresh_rng()
    answers = [
        (case, _waits_of(answer, len(case[0])))
        for case, answer in asked(lambda case: limits.call(function, *case), _cases(rng))
    ]
    for case, got in answers:
        wanted = _waited(*case)
        wrong = [n for n, pair in enumerate(zip(got, wanted, strict=True)) if not close(*pair)]
        if wrong:
            n = wrong[0]
            expected = f"a wait of {ms(wanted[n])} for the last of {_described(n, *case)}"
            SHARED.fail(expected, ms(got[n]), _look(got[n], answers))
    SHARED.passed("Kiefer and Wolfowitz, 1955: you can now size a fleet before you rent it.")


def _waits_of(answer: object, n: int) -> list[float]:
    got = SHARED.returned(answer, Sequence, "a list of waits in ms")
    look = "what you append: one wait for each request, of those who leave, too"
    SHARED.expect(len(got), n, "waits in ms, one for each request", look)
    for wait in map(plain, got):
        if wait is None or wait == inf:
            look = "who leaves: the wait until a server would have been free, a number"
            SHARED.fail("a wait in ms for each request", kind(wait), look)
    return [round(SHARED.finite(wait, "each wait"), 1) for wait in got]


def _described(n: int, starts: Times, service: Times, servers: int, patience: float) -> str:
    """Return a case up to request `n`, whose wait is wrong."""
    times = f"starts_ms = {starts[: n + 1]}, service_ms = {service[: n + 1]}"
    return f"{times}, servers = {servers}, patience_ms = {patience:g}"


def _look(got: float, answers: Sequence[tuple[Case, list[float]]]) -> str:
    if got < 0:
        return "a negative wait: if a server is idle when a request arrives, the wait is 0"
    default = "by hand: the times when the servers are free, and which of them a request changes"
    return explanation(SLIPS, answers) or default


# ---- cases --------------------------------------------------------------------------------------------


def _cases(rng: Random) -> list[Case]:
    edges = [
        ([], [], 2, 50.0),
        ([5.0], [9.0], 3, 0.0),
        ([0.0, 10.0, 20.0], [100.0, 60.0, 50.0], 1, 90.0),  # the second waits as long as it likes
        ([0.0, 0.0, 0.0, 0.0], [100.0, 30.0, 10.0, 10.0], 2, inf),
        ([0.0, 1.0, 2.0, 3.0], [80.0, 90.0, 70.0, 60.0], 4, 10.0),  # a server for each
        ([0.0, 1.0, 2.0], [50.0, 20.0, 20.0], 1, 0.0),  # nobody waits at all
        ([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [99.0, 90.0, 80.0, 95.0, 98.0, 97.0, 40.0], 6, inf),
    ]
    return [*edges, *(_case(rng) for _ in range(ROUNDS))]


def _case(rng: Random) -> Case:
    """Return requests of which some wait, and with a limited patience some leave.

    All times are halves of a ms, whose sums are exact: how a sum is written decides nothing about who leaves.
    """
    while True:
        servers, at = rng.randint(1, 4), rng.uniform(0, 50)
        starts, service = [], []
        for _ in range(rng.randint(8, 14)):
            starts.append(round(2 * at) / 2)
            service.append(rng.randint(40, 400) / 2)
            at += rng.expovariate(servers / 90)  # more than all servers can do: 110 ms each
        patience = rng.choice((inf, *3 * [rng.randint(40, 180) / 2]))
        waits = _waited(starts, service, servers, patience)
        if max(waits) > (0 if patience == inf else patience):
            return starts, service, servers, patience


# ---- the right waits, and those of mistakes -------------------------------------------------------------


def _waited(starts: Times, service: Times, servers: int, patience: float) -> list[float]:
    """Return the waits: a server is free once all but `servers` - 1 of the requests served have ended."""
    waits, ends = [], [0.0] * servers
    for start, takes in zip(starts, service, strict=True):
        wait = max(0.0, ends[-servers] - start)
        if wait <= patience:
            insort(ends, start + wait + takes)
        waits.append(round(wait, 1))
    return waits


def _mistaken(
    pick: Callable[[list[float], int], int] = lambda free, number: free.index(min(free)),
    stays: Callable[[float, float, float], bool] = lambda wait, takes, patience: wait <= patience,
    shown: Callable[[float, float, float], float] = lambda wait, takes, patience: wait,
    busy_until: Callable[[float, float, float], float] = lambda free, begin, takes: begin + takes,
    left_until: Callable[[float, float, float], float] = lambda free, start, patience: free,
) -> Waits:
    """Return a queue with one of its decisions replaced; all times in ms.

    pick(free, number): the server of a request. stays, shown(wait, takes, patience): whether it is served,
    and the wait returned. busy_until(free, begin, takes), left_until(free, start, patience): when the server
    is free again, if it serves and if the user leaves.
    """

    def waits(starts: Times, service: Times, servers: int, patience: float) -> list[float]:
        free, found = [0.0] * servers, []
        for number, (start, takes) in enumerate(zip(starts, service, strict=True)):
            place = pick(free, number)
            begin = max(start, free[place])
            wait = begin - start
            found.append(round(shown(wait, takes, patience), 1))
            if stays(wait, takes, patience):
                free[place] = busy_until(free[place], begin, takes)
            else:
                free[place] = left_until(free[place], start, patience)
        return found

    return waits


SLIPS: Mapping[str, Waits] = {
    "the servers: each has a time when it is free, and the smallest of them counts": _mistaken(
        pick=lambda free, number: 0
    ),
    "the choice of a server: the one that is free first, not each in turn": _mistaken(
        pick=lambda free, number: number % len(free)
    ),
    "who leaves: this request is not served and keeps no server busy": _mistaken(
        stays=lambda wait, takes, patience: True
    ),
    "a wait of exactly patience_ms: this user stays": _mistaken(
        stays=lambda wait, takes, patience: wait < patience
    ),
    "the patience: it is for the wait alone, without the service": _mistaken(
        stays=lambda wait, takes, patience: wait + takes <= patience
    ),
    "who leaves: the wait until a server is free, not until the user left": _mistaken(
        shown=lambda wait, takes, patience: min(wait, patience)
    ),
    "who leaves: the wait until a server is free, not 0": _mistaken(
        shown=lambda wait, takes, patience: wait if wait <= patience else 0.0
    ),
    "who leaves: the times of the servers stay as they are": _mistaken(
        left_until=lambda free, start, patience: start + patience
    ),
    "what you return: the wait alone, without the service": _mistaken(
        shown=lambda wait, takes, patience: wait + takes
    ),
    "when a server is free again: its service begins at the later of two times": _mistaken(
        busy_until=lambda free, begin, takes: free + takes
    ),
}

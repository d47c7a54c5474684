"""The check of lab 09 on a budget for hedged requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from grader.exercise.call_limits import CallLimits
from grader.exercise.exercise import Exercise, check, explanation, kind, plain
from grader.exercise.randomness import asked, fresh_rng

AFFORD = Exercise("09", 6, "afford")
ROUNDS = 30  # fresh inputs, beside the edge cases

Case = tuple[int, bool, int, int]  # credit, late, per, most
Decided = tuple[bool, int]
EDGES: tuple[Case, ...] = (
    (9, True, 10, 3),  # this very request earns the last one
    (8, True, 10, 3),  # one short
    (30, False, 10, 3),  # full
    (30, True, 10, 3),  # full: what it earns is lost before it pays
    (29, True, 10, 3),
    (0, True, 1, 1),  # every request may be hedged
    (0, True, 10, 3),
    (0, False, 10, 3),
    (15, False, 10, 3),  # enough, and no need
    (0, True, 4, 0),  # nothing is ever kept
)


@check
def afford(function: Callable[[int, bool, int, int], tuple[bool, int]]) -> None:
    """Check one decision of a budget: each request earns 1, a second one costs `per`."""
    limits, rng = CallLimits(AFFORD), fresh_rng()
    cases = [*EDGES, *(_case(rng) for _ in range(ROUNDS))]
    answers = [
        (case, _pair(answer))
        for case, answer in asked(lambda case: limits.call(function, *case), cases)
    ]
    for case, got in answers:
        where = "for credit = {}, late = {}, per = {}, most = {}".format(*case)
        look = "the order: earn 1, keep no more than the most, then pay if it is late"
        AFFORD.expect(got, _decided(*case), where, explanation(SLIPS, answers) or look)
    AFFORD.passed("However slow the servers get, the extra load stays what you have decided.")


def _pair(answer: object) -> Decided:
    got = AFFORD.returned(answer, list | tuple, "two values: send it?, and the credit left", n=2)
    send, credit = map(plain, got)
    if not isinstance(send, bool):
        AFFORD.fail("True or False first", kind(send), "the first of the two values you return")
    return send, AFFORD.finite(credit, "the credit left")


def _case(rng: Random) -> Case:
    per, most = rng.randint(2, 20), rng.randint(1, 5)
    credit = rng.choice((per - 1, per - 2, per * most, rng.randint(0, per * most)))
    return credit, rng.random() < 0.7, per, most


def _decided(credit: int, late: bool, per: int, most: int) -> Decided:
    """Return whether to send a second request, and the credit afterwards."""
    kept = min(credit + 1, per * most)
    send = late and kept >= per
    return send, kept - per * send


def _sent(
    credit: int, late: bool, per: int, most: int, earned: int = 1, needed: int = 0
) -> Decided:
    """Return the decision if a request earns `earned` and needs `needed` more than it pays."""
    credit = min(credit + earned, per * most)
    send = late and credit >= per + needed
    return send, credit - per * send


def _unkept(credit: int, late: bool, per: int, most: int) -> Decided:
    send = late and credit + 1 >= per
    return send, credit + 1 - per * send


def _kept_last(credit: int, late: bool, per: int, most: int) -> Decided:
    send, left = _unkept(credit, late, per, most)
    return send, min(left, per * most)


def _earned_last(credit: int, late: bool, per: int, most: int) -> Decided:
    send = late and credit >= per
    return send, min(credit - per * send + 1, per * most)


def _always(credit: int, late: bool, per: int, most: int) -> Decided:
    return _decided(credit, True, per, most)


def _unpaid(credit: int, late: bool, per: int, most: int) -> Decided:
    send, _ = _decided(credit, late, per, most)
    return send, min(credit + 1, per * most)


def _one(credit: int, late: bool, per: int, most: int) -> Decided:
    credit = min(credit + 1, per * most)
    send = late and credit >= per
    return send, credit - send


def _on_credit(credit: int, late: bool, per: int, most: int) -> Decided:
    credit = min(credit + 1, per * most)
    return late, credit - per * late


def _few(credit: int, late: bool, per: int, most: int) -> Decided:
    credit = min(credit + 1, most)
    send = late and credit >= per
    return send, credit - per * send


SLIPS: Mapping[str, Callable[..., Decided]] = {
    "a request that is in time: it needs no second one": _always,
    "what each request earns: 1, late or not": lambda *case: _sent(*case, earned=0),
    "the credit: with less than `per`, no second request is sent": _on_credit,
    "exactly `per`: that is enough for one": lambda *case: _sent(*case, needed=1),
    "the price: a second request costs `per`, not 1": _one,
    "the price: a second request that is sent costs `per`": _unpaid,
    "the most that is kept: `per * most`, so that a quiet night does not pay for a storm": _unkept,
    "the unit of `most`: second requests, each of which costs `per`": _few,
    "when the credit is cut: before a second request is paid for": _kept_last,
    "when it is earned: before the decision, so that this request can spend it": _earned_last,
}

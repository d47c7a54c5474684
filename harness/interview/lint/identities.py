"""Check that what is printed about traffic, load, cost and the goal obeys the laws that bind them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from harness.interview.lint.agreement import after, numbers
from harness.interview.scenario.arrivals import MINUTES_A_DAY
from harness.interview.scenario.interview_session import Session
from harness.interview.scenario.mechanism import Buildup, Waiting
from harness.interview.scenario.world import DAYS_A_MONTH, world

PRINTED = 0.08  # relative tolerance: "1.1" may be 1.05, and "22" may be 21.5
GOAL_MS = 500  # in the question that opens every interview
NO_WAIT_MS = 0.5  # is printed as 0 ms
QUEUE_TOLERANCE = 0.02
SHARE = 1.0  # percentage points
LARGE = 20  # a smaller number without a unit may be anything: a count, an hour, a version


def broken_identities(session: Session) -> Iterator[str]:
    """Yield one sentence for each law that the session's numbers break."""
    yield from _arrivals(session)
    yield from _under_way(session)
    yield from _cost(session)
    yield from _goal(session)
    yield from _waits(session)
    yield from _shares(session)
    yield from _product(session)


def _arrivals(session: Session) -> Iterator[str]:
    """Check requests a day, their mean, the busiest hour and the busiest minute."""
    card = session.cards["load"]
    day, mean, hour, minute = numbers(card.note)[:4]
    if not _close(day / MINUTES_A_DAY, mean):
        yield f"{day:g} requests a day are {day / MINUTES_A_DAY:.3g} a minute, not {mean:g}"
    if not mean <= hour <= minute:
        yield f"requests a minute do not rise: mean {mean:g}, busiest hour {hour:g}, minute {minute:g}"
    steady = len(set(session.scenario.traffic)) == 1
    if (mean == hour) != steady:
        kind = "flat" if steady else "not flat"
        yield f"the mean is {mean:g} and the busiest hour {hour:g}, but the traffic is {kind}"
    rates = [numbers(row[2])[0] for row in card.rows]
    if not _close(sum(rates) / len(rates), mean):
        yield f"the hours have {sum(rates) / len(rates):.3g} requests a minute, not {mean:g}"
    if max(rates) > hour * (1 + PRINTED):
        yield f"{max(rates):g} requests a minute are more than those of the busiest hour, {hour:g}"


def _under_way(session: Session) -> Iterator[str]:
    """Check Little's law: under way at once = rate × time."""
    cards = session.cards
    rate, mean_ms = numbers(cards["load"].note)[1], numbers(cards["breakdown"].rows[-1][1])[0]
    shown = after(cards["load"].note, "On average")
    if not _close(rate * mean_ms / 60_000, shown):
        yield f"Little's law: {rate:g} a minute × {mean_ms:g} ms are not {shown:g} under way"


def _cost(session: Session) -> Iterator[str]:
    bill, answers, per_1000 = numbers(session.cards["cost"].note.replace("per 1000", ""))[:3]
    if not _close(bill / answers * 1000, per_1000):
        yield f"${bill:g} for {answers:g} answers are not ${per_1000:g} for 1000"
    day = numbers(session.cards["load"].note)[0]
    if not _close(day * DAYS_A_MONTH, answers):
        yield f"{day:g} requests a day do not make {answers:g} answers a month"


def _goal(session: Session) -> Iterator[str]:
    note, one = session.cards["goal"].note, world(session.sample)
    goal_ms, share, met = numbers(note)[:3]
    if goal_ms != GOAL_MS:
        yield f"the goal is {goal_ms:g} ms, but the opening question says {GOAL_MS} ms"
    if met >= share or one.within_goal >= one.goal_share:
        yield f"the goal is met at the start: {met:g} % of the answers, of {share:g} %"
    slowest, limit = float(session.sample.total.max()), session.sample.base["timeout_s"]
    if slowest > limit * 1000:
        yield f"a traced request takes {slowest:.0f} ms, longer than the timeout of {limit:g} s"


def _waits(session: Session) -> Iterator[str]:
    """Check the waits against the queue's formula, and that a steady queue has a utilisation below 1."""
    sample, one = session.sample, world(session.sample)
    kinds = {type(wait) for wait in session.scenario.waits}
    if one.utilisation >= 100:
        yield f"a utilisation of {one.utilisation:.0f} % is no steady state"
    elif kinds == {Waiting}:
        felt = float(sample.stages["queue"][sample.where(session.scenario.felt)].mean())
        if abs(felt - one.wait_ms) > QUEUE_TOLERANCE * one.wait_ms:
            yield f"requests wait {felt:.0f} ms; by the formula they wait {one.wait_ms:.0f} ms"
    elif kinds != {Buildup} and one.wait_ms > NO_WAIT_MS:
        yield f"requests would wait {one.wait_ms:.1f} ms in the busiest hour, and do not"


def _shares(session: Session) -> Iterator[str]:
    repeats, similar = numbers(session.cards["traffic"].note)[:2]
    if repeats + similar > 100:
        yield f"{repeats:g} % and {similar:g} % of the questions are more than all"
    for label, share, _ in (row for row in session.cards["cache"].rows if len(row) == 3):
        if "found" in label and numbers(share)[0] > repeats:
            yield f"{share} are found in the cache, but only {repeats:g} % were asked before"
    mean = world(session.sample).mean_rate
    for name, regime in session.scenario.regimes.items():
        if regime.after_pause:
            share = 100 * math.exp(-mean * session.sample.base[regime.after_pause])
            shown = 100 * float(session.sample.regimes[name].mean())
            if abs(share - shown) > SHARE:
                yield f"{shown:.0f} % come after a pause; by the rate it would be {share:.0f} %"


def _product(session: Session) -> Iterator[str]:
    """Check that every number that the product manager quotes is on a card, or is the goal."""
    product = session.scenario.product
    shown = {n for card in session.cards.values() for n in numbers(card.text)}
    for text in (product.premise, product.pushback):
        said = re.sub(r"\d[\d,]* (billion|million)", "", session.filled(text))
        for number in numbers(said):
            if number > LARGE and number not in shown | {GOAL_MS} and "{fact." not in text:
                yield f"product says {number:g}, which is on no card: “{session.filled(text)}”"


def _close(value: float, printed: float) -> bool:
    return abs(value - printed) <= PRINTED * max(abs(value), abs(printed))

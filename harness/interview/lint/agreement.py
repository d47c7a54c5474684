"""Check that the cards of a session agree with each other, recomputed from what is printed on them.

They should, since all numbers come from one sample. The check reads the cards as a candidate does: it adds up
columns and compares one card with another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.interview.scenario.cards import Card

ROUNDING = 0.5  # ms, the rounding error of a printed time
CLOSE = 0.02  # relative tolerance where both counts and means are rounded
TOTAL = "end-to-end"
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def disagreements(cards: Mapping[str, Card]) -> Iterator[str]:
    """Yield one sentence for each pair of numbers that cannot both be right."""
    yield from _columns_add_up(cards["breakdown"])
    yield from _columns_add_up(cards["slowest"])
    mean = _cell(cards["breakdown"], TOTAL, 1)
    yield from _same("the mean on “percentiles”", _cell(cards["percentiles"], "", 4), mean)
    yield from _same("the user's clock on “network”", _row(cards["network"], 1)[0], mean)
    yield from _server(cards, mean)
    yield from _rising(cards["percentiles"])
    yield from _adds_to_mean("load", _weighted(cards["load"]), mean)
    yield from _adds_to_mean("deploys", _mean(_column(cards["deploys"], 1)), mean)
    yield from _waiting(cards)
    yield from _shares(cards, mean)


def _columns_add_up(card: Card) -> Iterator[str]:
    for column in range(1, len(card.columns)):
        *stages, total = _column(card, column)
        if abs(sum(stages) - total) > ROUNDING * (len(stages) + 1):
            where = f"“{card.id}”, column {card.columns[column]}"
            yield f"{where}: the stages add up to {sum(stages):g}, not {total:g}"


def _server(cards: Mapping[str, Card], mean: float) -> Iterator[str]:
    server, network = _row(cards["network"], 0)[0], _cell(cards["breakdown"], "network", 1)
    yield from _same("server time and network together", server + network, mean)


def _rising(card: Card) -> Iterator[str]:
    p50, p75, p90, p95, _, slowest = _numbers(card.rows[0])
    if not p50 <= p75 <= p90 <= p95 <= slowest:
        yield f"“{card.id}”: the percentiles do not rise"


def _waiting(cards: Mapping[str, Card]) -> Iterator[str]:
    """Check waiting and service time, unless the queue card has a table, as one by hours of the day."""
    if cards["queue"].rows:
        return
    wait, *_, service = _numbers([cards["queue"].note])
    breakdown = cards["breakdown"]
    yield from _same("the wait on “queue”", wait, _cell(breakdown, "waiting for the model", 1))
    if "Where it is asked" not in cards["queue"].note:
        whole = _cell(breakdown, "prefill", 1) + _cell(breakdown, "decode", 1)
        yield from _same("the work on “queue”", service, whole)


def _shares(cards: Mapping[str, Card], mean: float) -> Iterator[str]:
    """Check that each table of request kinds, weighted by its shares, gives the overall mean."""
    for card in cards.values():
        if card.columns[1:] == ("share", "mean"):
            shares, means = _column(card, 1), _column(card, 2)
            if abs(sum(shares) - 100) > 1:
                yield f"“{card.id}”: the shares add up to {sum(shares):g} %"
            weighted = sum(s / 100 * m for s, m in zip(shares, means, strict=True))
            yield from _adds_to_mean(card.id, weighted, mean)


def _weighted(card: Card) -> float:
    counts, means = _column(card, 1), _column(card, 3)
    return sum(n * m for n, m in zip(counts, means, strict=True)) / sum(counts)


def _adds_to_mean(name: str, recomputed: float, mean: float) -> Iterator[str]:
    if abs(recomputed - mean) > max(CLOSE * mean, 2):
        yield f"“{name}” gives a mean of {recomputed:.0f} ms, but the mean is {mean:.0f} ms"


def _same(what: str, value: float, expected: float) -> Iterator[str]:
    if abs(value - expected) > 4 * ROUNDING:
        yield f"{what}: {value:g} here and {expected:g} on another card"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _column(card: Card, column: int) -> list[float]:
    return [_numbers([row[column]])[0] for row in card.rows]


def _row(card: Card, row: int) -> list[float]:
    return _numbers(card.rows[row][1:])


def _cell(card: Card, label: str, column: int) -> float:
    """Return a number by its row's label and its column; the first row if no row has the label."""
    row = next((row for row in card.rows if row[0] == label), card.rows[0])
    return _numbers([row[column]])[0]


def _numbers(cells: Sequence[str]) -> list[float]:
    text = " ".join(re.sub(r"\bp\d\d\b", "", cell) for cell in cells)
    return [float(number.replace(",", "")) for number in NUMBER.findall(text)]

"""Check that the cards of a session agree with each other, recomputed from what is printed on them.

They should, since all numbers come from one sample. The check reads the cards as a candidate does: it adds up
columns and compares one card with another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness.interview.scenario.cards import Card
from harness.interview.scenario.scenario import STAGES

ROUNDING = 0.5  # ms, the rounding error of a printed time
CLOSE = 0.02  # relative tolerance where both counts and means are rounded
TOTAL = -1  # rows of the breakdown, which has one for each stage in order, and the total
NETWORK, QUEUE, PREFILL, DECODE = (
    STAGES.index(s) for s in ("network", "queue", "prefill", "decode")
)
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def disagreements(cards: Mapping[str, Card]) -> Iterator[str]:
    """Yield one sentence for each pair of numbers that cannot both be right."""
    yield from _columns_add_up(cards["breakdown"])
    yield from _columns_add_up(cards["slowest"])
    mean = _cell(cards["breakdown"], TOTAL, 1)
    yield from _same("the mean on “percentiles”", _cell(cards["percentiles"], 0, 4), mean)
    yield from _same("the user's clock on “network”", _cell(cards["network"], 1, 1), mean)
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
    server, network = _cell(cards["network"], 0, 1), _cell(cards["breakdown"], NETWORK, 1)
    yield from _same("server time and network together", server + network, mean)


def _rising(card: Card) -> Iterator[str]:
    p50, p75, p90, p95, _, slowest = numbers(" ".join(card.rows[0]))
    if not p50 <= p75 <= p90 <= p95 <= slowest:
        yield f"“{card.id}”: the percentiles do not rise"


def _waiting(cards: Mapping[str, Card]) -> Iterator[str]:
    """Check waiting and service time, unless the queue card has a table, as one by hours of the day."""
    if cards["queue"].rows:
        return
    note, breakdown = cards["queue"].note, cards["breakdown"]
    wait = after(note, "waits")
    yield from _same("the wait on “queue”", wait, _cell(breakdown, QUEUE, 1))
    if "asked at all" not in note:
        whole = _cell(breakdown, PREFILL, 1) + _cell(breakdown, DECODE, 1)
        yield from _same("the work on “queue”", after(note, "works for"), whole)


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
    counts, means = _column(card, 1), _column(card, 4)
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
    return [numbers(row[column])[0] for row in card.rows]


def _cell(card: Card, row: int, column: int) -> float:
    return numbers(card.rows[row][column])[0]


def numbers(text: str) -> list[float]:
    """Return the numbers in a text, without those of percentiles' names."""
    return [float(n.replace(",", "")) for n in NUMBER.findall(re.sub(r"\bp\d\d\b", "", text))]


def after(text: str, words: str) -> float:
    """Return the first number after these words. Raises ValueError if they do not occur."""
    return numbers(text[text.index(words) :])[0]

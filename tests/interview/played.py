"""What the listener hears of turns that were spoken to the interviewer itself, labelled by a language model.

The turns were read while limits and patterns were chosen, and the encoder has learned none of them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.interview.listening.listener import listener
from harness.interview.reading import Act
from harness.interview.scenario.scenario import scenario
from harness.measure.stats import Proportion

TURNS = Path(__file__).parent / "gold" / "played_turns.jsonl"


@dataclass(frozen=True, slots=True)
class Heard:
    """A labelled turn beside what was heard. remedies: ids, "no:" before one that is refused."""

    asks: bool
    cards: frozenset[str]
    remedies: frozenset[str]
    heard_cards: frozenset[str]
    heard_remedies: frozenset[str]


@cache
def turns() -> tuple[Heard, ...]:
    """Return all played turns. Reads each with MiniLM, which takes some minutes."""
    return tuple(_heard(json.loads(line)) for line in TURNS.read_text("utf-8").splitlines())


def _heard(turn: dict) -> Heard:
    reading = listener().read(turn["text"], turn["before"], scenario(turn["scenario"]))
    return Heard(
        asks=str(Act.ASK) in turn["acts"],
        cards=frozenset(turn["cards"]),
        remedies=frozenset(turn["remedies"]),
        heard_cards=frozenset(reading.cards),
        heard_remedies=frozenset(map(str, reading.remedies)),
    )


def right_cards(of: Sequence[Heard]) -> Proportion:
    """Return the share of requests that are given exactly the right cards."""
    asked = [turn for turn in of if turn.asks]
    return Proportion(sum(turn.heard_cards == turn.cards for turn in asked), len(asked))


def wrong_cards(of: Sequence[Heard]) -> Proportion:
    """Return the share of requests that are given a wrong card."""
    asked = [turn for turn in of if turn.asks]
    return Proportion(sum(bool(turn.heard_cards - turn.cards) for turn in asked), len(asked))


def remedies_f1(of: Sequence[Heard]) -> float:
    """Return F1 of the remedies that are proposed or refused."""
    both = sum(len(turn.remedies & turn.heard_remedies) for turn in of)
    either = sum(len(turn.remedies) + len(turn.heard_remedies) for turn in of)
    return 2 * both / either if either else 0.0

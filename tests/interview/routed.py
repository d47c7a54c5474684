"""Accuracy of the card router on held-out questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml

from harness.interview.listening.card_router import Asked
from harness.interview.reading import NOT_SHOWN
from harness.measure.stats import Proportion

DATA = Path(__file__).parents[1] / "unit" / "interview" / "data"
Question = tuple[str, str]  # (question, card or the reason for none)


@cache
def unseen() -> tuple[Question, ...]:
    """Return all held-out questions."""
    return (*first_unseen(), *fresh())


@cache
def first_unseen() -> tuple[Question, ...]:
    """Return the questions that were held out first."""
    halves = (_read("routing.yaml")["held"], _read("routing_held_b.yaml"))
    return tuple(pair for half in halves for pair in _pairs(half))


@cache
def fresh() -> tuple[Question, ...]:
    """Return the questions written after the classifier was finished and before it was evaluated on them."""
    return tuple(_pairs(_read("routing_held_c.yaml")))


def _pairs(half: dict[str, list[str]]) -> Iterator[Question]:
    return ((question, card) for card, questions in half.items() for question in questions)


def _read(name: str) -> dict:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def shares(router: Callable[[str], Asked], questions: Sequence[Question]) -> dict[str, Proportion]:
    """Return the shares of `outcomes` for labelled questions."""
    return outcomes((router(question), card) for question, card in questions)


def outcomes(routed: Iterable[tuple[Asked, str]]) -> dict[str, Proportion]:
    """Return shares by outcome: of the questions with a card, and of those without one."""
    routed = list(routed)
    with_card = [(asked, card) for asked, card in routed if card not in NOT_SHOWN]
    without = [asked for asked, card in routed if card in NOT_SHOWN]
    return {
        "top-1": _share([(asked.cards + asked.near)[:1] == (card,) for asked, card in with_card]),
        "top-3": _share([card in asked.cards + asked.near for asked, card in with_card]),
        "right card at once": _share([asked.cards == (card,) for asked, card in with_card]),
        "another card at once": _share([bool(set(a.cards) - {card}) for a, card in with_card]),
        "no card asked for, one shown": _share([bool(asked.cards) for asked in without]),
    }


def _share(right: list[bool]) -> Proportion:
    return Proportion(sum(right), len(right))

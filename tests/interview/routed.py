"""Accuracy of the card router on held-out questions, and by cross-validation over voices.

python -m tests.interview.routed     tests each voice on a model trained on the other voices
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml

from harness.interview.listening.card_router import Asked, CardRouter, all_questions
from harness.interview.listening.examples import Labelled
from harness.interview.meanings import Embed, meanings, recalling
from harness.interview.reading import NOT_SHOWN
from harness.measure.stats import Proportion

DATA = Path(__file__).parents[1] / "unit" / "interview" / "data"
# Files that hold a kind of question, not a voice. A fifth of such a file is held out at a time: a model
# without the whole file would not know the kind.
KINDS, FIFTH = ("claims", "definitions", "elsewhere", "process"), 5
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


def shares(router: CardRouter, questions: Sequence[Question]) -> dict[str, Proportion]:
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


def cross_validated(embed: Embed) -> Iterator[tuple[Asked, str]]:
    """Yield intent and topic of each example question, from a router that has not seen its group."""
    examples = all_questions()
    for group in sorted({_group(example) for example in examples} - {"base"}):
        training = tuple(example for example in examples if _group(example) != group)
        router = CardRouter(embed, lambda training=training: training)
        held_out = [example for example in examples if _group(example) == group]
        yield from ((router(question), topic[0]) for question, topic, _ in held_out)


def _group(example: Labelled) -> str:
    question, _, voice = example
    return f"{voice} {zlib.crc32(question.encode()) % FIFTH}" if voice in KINDS else voice


if __name__ == "__main__":
    for name, share in outcomes(cross_validated(recalling(meanings()))).items():
        print(f"{name}: {share.rate:.1%} of {share.n}")

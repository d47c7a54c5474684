"""Questions that nobody looked at while the routes were written: which card do they lead to?

python -m tests.interview.routed     the same of the example questions, each voice routed by what others teach
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from harness.interview.dialogue.intent import (
    NOT_SHOWN,
    Embed,
    Intent,
    IntentClassifier,
    Kind,
    Lesson,
    lessons,
    plain_routes,
)
from harness.measure.latency.stats import Proportion

DATA = Path(__file__).parents[1] / "unit" / "interview" / "data"
# Files by kind and not by voice. A fifth at a time is left out: without all of it, the kind would be unknown.
KINDS, FIFTH = ("claims", "definitions", "elsewhere", "process"), 5
Asked = tuple[str, str]  # (question, card or kind)


@cache
def unseen() -> tuple[Asked, ...]:
    """All held-out questions."""
    return (*first_unseen(), *fresh())


@cache
def first_unseen() -> tuple[Asked, ...]:
    """Those that were held out first."""
    halves = (_read("routing.yaml")["held"], _read("routing_held_b.yaml"))
    return tuple(asked for half in halves for asked in _pairs(half))


@cache
def fresh() -> tuple[Asked, ...]:
    """Those that were written after the router was finished, and before anything was counted on them."""
    return tuple(_pairs(_read("routing_held_c.yaml")))


def _pairs(half: dict[str, list[str]]) -> Iterator[Asked]:
    return ((question, card) for card, questions in half.items() for question in questions)


def _read(name: str) -> dict:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def shares(intent_classifier: IntentClassifier, asked: Sequence[Asked]) -> dict[str, Proportion]:
    """What becomes of these questions."""
    return counted([(intent_classifier(question), card) for question, card in asked])


def counted(found: Iterable[tuple[Intent, str]]) -> dict[str, Proportion]:
    """First choice right, right one among three, shown without asking back; no card wanted, one shown."""
    found = list(found)
    carded = [(routed, card) for routed, card in found if card not in NOT_SHOWN]
    outside = [routed for routed, card in found if card in NOT_SHOWN]
    return {
        "top-1": _share([routed.cards[:1] == (card,) for routed, card in carded]),
        "top-3": _share([card in routed.cards for routed, card in carded]),
        "right card at once": _share([routed.cards == (card,) for routed, card in carded]),
        "turned away": _share([not routed.cards for routed, _ in carded]),
        "no card asked for, one shown": _share([r.kind == Kind.CARD for r in outside]),
        "no card asked for, some offered": _share([r.kind == Kind.UNSURE for r in outside]),
    }


def _share(right: list[bool]) -> Proportion:
    return Proportion(sum(right), len(right))


def by_the_others(embed: Embed) -> Iterator[tuple[Intent, str]]:
    """Every example question of the voices, routed by a router that knows all voices but its own."""
    every = tuple(lessons())
    known = Memory(embed)
    known([*plain_routes().asks, *(question for question, *_ in every)])
    for group in sorted({_group(lesson) for lesson in every}):
        more: dict[str, list[str]] = {}
        for lesson in every:
            if _group(lesson) != group:
                more.setdefault(lesson[1], []).append(lesson[0])
        intent_classifier = IntentClassifier(known, plain_routes().taught(more))
        yield from ((intent_classifier(q), topic) for q, topic, _ in filter_group(every, group))


def filter_group(every: Sequence[Lesson], group: str) -> list[Lesson]:
    return [lesson for lesson in every if _group(lesson) == group]


def _group(lesson: Lesson) -> str:
    question, _, voice = lesson
    return f"{voice} {zlib.crc32(question.encode()) % FIFTH}" if voice in KINDS else voice


class Memory:
    """Embeds a text once."""

    def __init__(self, embed: Embed) -> None:
        self.embed, self.vectors = embed, {}

    def __call__(self, texts: list[str]) -> np.ndarray:
        for text in texts:
            if text not in self.vectors:
                self.vectors[text] = self.embed([text])[0]
        return np.stack([self.vectors[text] for text in texts])


if __name__ == "__main__":
    from harness.models.engines.embedding import embedder

    for name, share in counted(by_the_others(embedder())).items():
        print(f"{name}: {share.rate:.1%} of {share.n}")

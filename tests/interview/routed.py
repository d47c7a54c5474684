"""Accuracy of the intent classifier on held-out questions, and by cross-validation over voices.

python -m tests.interview.routed     tests each voice on a model trained on the other voices
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
    LabelledQuestion,
    base_topics,
    labelled_questions,
)
from harness.measure.stats import Proportion

DATA = Path(__file__).parents[1] / "unit" / "interview" / "data"
# Files that hold a kind of question, not a voice. A fifth of such a file is held out at a time: a model
# without the whole file would not know the kind.
KINDS, FIFTH = ("claims", "definitions", "elsewhere", "process"), 5
Labelled = tuple[str, str]  # (question, card or kind)


@cache
def unseen() -> tuple[Labelled, ...]:
    """Return all held-out questions."""
    return (*first_unseen(), *fresh())


@cache
def first_unseen() -> tuple[Labelled, ...]:
    """Return the questions that were held out first."""
    halves = (_read("routing.yaml")["held"], _read("routing_held_b.yaml"))
    return tuple(pair for half in halves for pair in _pairs(half))


@cache
def fresh() -> tuple[Labelled, ...]:
    """Return the questions written after the classifier was finished and before it was evaluated on them."""
    return tuple(_pairs(_read("routing_held_c.yaml")))


def _pairs(half: dict[str, list[str]]) -> Iterator[Labelled]:
    return ((question, card) for card, questions in half.items() for question in questions)


def _read(name: str) -> dict:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


def shares(classifier: IntentClassifier, questions: Sequence[Labelled]) -> dict[str, Proportion]:
    """Return the shares of `outcomes` for labelled questions."""
    return outcomes((classifier(question), card) for question, card in questions)


def outcomes(routed: Iterable[tuple[Intent, str]]) -> dict[str, Proportion]:
    """Return shares by outcome: of the questions with a card, and of those without one."""
    routed = list(routed)
    with_card = [(intent, card) for intent, card in routed if card not in NOT_SHOWN]
    without = [intent for intent, card in routed if card in NOT_SHOWN]
    return {
        "top-1": _share([intent.cards[:1] == (card,) for intent, card in with_card]),
        "top-3": _share([card in intent.cards for intent, card in with_card]),
        "right card at once": _share([intent.cards == (card,) for intent, card in with_card]),
        "turned away": _share([not intent.cards for intent, _ in with_card]),
        "no card asked for, one shown": _share([i.kind == Kind.CARD for i in without]),
        "no card asked for, some offered": _share([i.kind == Kind.UNSURE for i in without]),
    }


def _share(right: list[bool]) -> Proportion:
    return Proportion(sum(right), len(right))


def cross_validated(embed: Embed) -> Iterator[tuple[Intent, str]]:
    """Yield intent and topic of each example question, from a classifier that has not seen its group."""
    examples = tuple(labelled_questions())
    cached = CachedEmbed(embed)
    cached([*base_topics().asks, *(question for question, *_ in examples)])
    for group in sorted({_group(example) for example in examples}):
        training: dict[str, list[str]] = {}
        for question, topic, voice in examples:
            if _group((question, topic, voice)) != group:
                training.setdefault(topic, []).append(question)
        classifier = IntentClassifier(cached, base_topics().taught(training))
        held_out = [example for example in examples if _group(example) == group]
        yield from ((classifier(question), topic) for question, topic, _ in held_out)


def _group(example: LabelledQuestion) -> str:
    question, _, voice = example
    return f"{voice} {zlib.crc32(question.encode()) % FIFTH}" if voice in KINDS else voice


class CachedEmbed:
    """An embedding function that embeds each text once."""

    def __init__(self, embed: Embed) -> None:
        self.embed, self.vectors = embed, {}

    def __call__(self, texts: list[str]) -> np.ndarray:
        for text in texts:
            if text not in self.vectors:
                self.vectors[text] = self.embed([text])[0]
        return np.stack([self.vectors[text] for text in texts])


if __name__ == "__main__":
    from harness.models.engines.embedding import embedder

    for name, share in outcomes(cross_validated(embedder())).items():
        print(f"{name}: {share.rate:.1%} of {share.n}")

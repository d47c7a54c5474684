"""Labelled pairs of questions, on which the threshold of a semantic cache is chosen.

The label says whether one answer is right for both questions. Two kinds of pairs mean the same: the second
question has a friendlier tone or other words. The others are near misses, most of which differ only in the
one word that matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from harness.kb.products import Split, siblings
from harness.kb.topics import Topic, pairs

Kind = Literal["polite", "reworded", "other topic", "sibling", "region", "detail"]
SAME: tuple[Kind, ...] = ("polite", "reworded")
# Phrases around a question that do not change the answer.
TONES = (
    "Hi, {q}",
    "Hello! {q} Thank you.",
    "{q} Thanks in advance!",
    "Quick question: {q}",
    "Sorry to bother you again. {q}",
    "{q} Please help.",
    "Good morning, {q}",
    "One more thing: {q}",
)
# One detail changes the answer: a number, a unit, a negation, an opposite.
DETAILS = (
    ("Is the {p} still covered after 12 months?", "Is the {p} still covered after 24 months?"),
    ("Does the {p} run for 8 hours?", "Does the {p} run for 8 days?"),
    ("May I use the {p} outside?", "May I not use the {p} outside?"),
    ("How do I switch the {p} on?", "How do I switch the {p} off?"),
    ("What does the {p} cost without the case?", "What does the {p} cost with the case?"),
    ("What does error E3 mean on the {p}?", "What does error E7 mean on the {p}?"),
)

NEIGHBOURS = 4  # other topics per product, as most earlier questions about it have another topic


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions. kind: how the second was made from the first."""

    first: str
    second: str
    kind: Kind

    @property
    def same(self) -> bool:
        """Return whether one answer is right for both."""
        return self.kind in SAME


def labelled_pairs(split: Split, topics: int, seed: int) -> list[Pair]:
    """Return pairs about `topics` random topics of `split`.

    Each topic gives one pair of each kind that it allows, and up to four about other topics of its product.
    """
    rng = Random(seed)
    pool = pairs(split)
    drawn = rng.sample(pool, min(topics, len(pool)))
    return [pair for regions in drawn for pair in _pairs_of(rng.choice(regions), regions, rng)]


def _pairs_of(topic: Topic, regions: tuple[Topic, ...], rng: Random) -> Iterator[Pair]:
    """Yield the pairs of one topic. regions: the same topic in all its regions."""
    wording, other_wording = rng.sample(range(len(topic.forms)), 2)
    question = topic.ask(wording)
    yield Pair(question, rng.choice(TONES).format(q=question), "polite")
    yield Pair(question, topic.ask(other_wording), "reworded")
    neighbours = _neighbours(topic)
    for neighbour in rng.sample(neighbours, min(NEIGHBOURS, len(neighbours))):
        yield Pair(question, neighbour.ask(rng.randrange(6)), "other topic")
    if relatives := siblings(topic.product):
        relative = rng.choice(relatives)
        yield Pair(question, question.replace(topic.product.name, relative.name), "sibling")
    if len(regions) > 1:
        elsewhere = rng.choice([other for other in regions if other.region != topic.region])
        yield Pair(question, elsewhere.ask(wording), "region")
    first, second = (text.format(p=topic.product.name) for text in rng.choice(DETAILS))
    yield Pair(first, second, "detail")


def _neighbours(topic: Topic) -> list[Topic]:
    """Return the product's other topics for all regions or the topic's own; without any, those of all."""
    others = [
        other
        for pair in pairs(topic.product.split)
        for other in pair
        if other.product == topic.product and other.kind.kind != topic.kind.kind
    ]
    near = [other for other in others if other.region in (topic.region, "all")]
    return near or others

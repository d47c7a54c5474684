"""Labelled pairs of questions: do both have one right answer? To choose a semantic cache's threshold on.

Two sorts mean the same, in a friendlier tone or in other words; the others are near misses, most of them
alike to the letter but for the one word that matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from harness.kb.products import Split, siblings
from harness.kb.topics import Topic, pairs

Sort = Literal["polite", "reworded", "other topic", "sibling", "region", "detail"]
SAME: tuple[Sort, ...] = ("polite", "reworded")
# What people put around a question. Nothing in it changes the answer.
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
# One detail apart, and another answer: a number, a unit, a negation, an opposite.
DETAILS = (
    ("Is the {p} still covered after 12 months?", "Is the {p} still covered after 24 months?"),
    ("Does the {p} run for 8 hours?", "Does the {p} run for 8 days?"),
    ("May I use the {p} outside?", "May I not use the {p} outside?"),
    ("How do I switch the {p} on?", "How do I switch the {p} off?"),
    ("What does the {p} cost without the case?", "What does the {p} cost with the case?"),
    ("What does error E3 mean on the {p}?", "What does error E7 mean on the {p}?"),
)

NEIGHBOURS = 4  # other topics of the product: an earlier question about it is mostly one of these


@dataclass(frozen=True, slots=True)
class Pair:
    """Two questions. sort: how the second came about."""

    first: str
    second: str
    sort: Sort

    @property
    def same(self) -> bool:
        """True when one answer is right for both."""
        return self.sort in SAME


def labelled(split: Split, topics: int, seed: int) -> list[Pair]:
    """Pairs about `topics` random topics of `split`: one of each sort that the topic allows, and several
    about other topics of the same product."""
    rng = Random(seed)
    pool = pairs(split)
    drawn = rng.sample(pool, min(topics, len(pool)))
    return [pair for regions in drawn for pair in _of(rng.choice(regions), regions, rng)]


def _of(topic: Topic, regions: tuple[Topic, ...], rng: Random) -> Iterator[Pair]:
    wording, other = rng.sample(range(len(topic.forms)), 2)
    asked = topic.ask(wording)
    yield Pair(asked, rng.choice(TONES).format(q=asked), "polite")
    yield Pair(asked, topic.ask(other), "reworded")
    known = _neighbours(topic)
    for neighbour in rng.sample(known, min(NEIGHBOURS, len(known))):
        yield Pair(asked, neighbour.ask(rng.randrange(6)), "other topic")
    if relatives := siblings(topic.product):
        relative = rng.choice(relatives)
        yield Pair(asked, asked.replace(topic.product.name, relative.name), "sibling")
    if len(regions) > 1:
        elsewhere = rng.choice([one for one in regions if one.region != topic.region])
        yield Pair(asked, elsewhere.ask(wording), "region")
    first, second = (text.format(p=topic.product.name) for text in rng.choice(DETAILS))
    yield Pair(first, second, "detail")


def _neighbours(topic: Topic) -> list[Topic]:
    """Everything else that is known about the product, for everybody or in the topic's region."""
    found = [
        one
        for pair in pairs(topic.product.split)
        for one in pair
        if one.product == topic.product and one.kind.kind != topic.kind.kind
    ]
    near = [one for one in found if one.region in (topic.region, "all")]
    return near or found

"""What is close to what in the `train` split: siblings, namesakes, other kinds of the same product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random

from harness.kb.topics import Topic, gaps, ghost_gaps, pairs

CLOSEST = 5  # kinds to choose a grid's second one from


@cache
def answerable() -> tuple[Topic, ...]:
    """Topics that have an article."""
    return tuple(topic for pair in pairs("train") for topic in pair)


@cache
def missing() -> tuple[Topic, ...]:
    """Topics that nobody has written about, of products that exist and of some that do not."""
    return tuple(
        t for found in (gaps("train"), ghost_gaps("train")) for pair in found for t in pair
    )


@cache
def by_chunk() -> Mapping[str, Topic]:
    """The topic of each chunk, by the chunk's id."""
    return {topic.article.chunk.id: topic for topic in answerable() if topic.article}


def siblings(topic: Topic) -> Sequence[Topic]:
    """The same kind, in the same family; `topic` is among them."""
    return _family()[topic.product.family, topic.kind.kind]


def namesakes(topic: Topic) -> Sequence[Topic]:
    """The same kind, of products with the same last name in any family; `topic` is among them."""
    return _last_name()[_last(topic), topic.kind.kind]


def same_product(topic: Topic) -> Sequence[Topic]:
    """Everything that could be asked about its product."""
    return _product()[topic.product.name]


def crossed(present: Sequence[Topic]) -> list[Topic]:
    """Topics of a product, a kind and a region that are all present, but not in one passage.

    The hardest to refuse: all that the question names stands in the context, only not together.
    """
    keys = {topic.key for topic in present}
    named = {(topic.kind.kind, topic.region) for topic in present}
    products = {topic.product.name: topic for topic in present}.values()
    near = (other for one in products for other in same_product(one))
    return [t for t in near if (t.kind.kind, t.region) in named and t.key not in keys]


def grid(topic: Topic, kinds: Sequence[Topic], random: Random) -> list[Topic]:
    """Two products times two kinds, as far as there are articles: `topic`'s own and another of each.

    kinds: other topics that have an article, the closest first, of which one of the first few is taken.
    """
    others = [t for t in (*siblings(topic), *namesakes(topic)) if _is_other_product(t, topic)]
    near = [t for t in kinds if t.kind.kind != topic.kind.kind][:CLOSEST]
    if not (others and near):
        return [topic, *near] if topic.article else near
    other, close = random.choice(others), random.choice(near)
    crossing = [t for t in same_product(other) if t.article and t.kind.kind == close.kind.kind]
    cells = [topic, close, other, *random.sample(crossing, min(1, len(crossing)))]
    return [cell for cell in cells if cell.article]


def _is_other_product(one: Topic, topic: Topic) -> bool:
    same_place = one.region == topic.region
    return one.product.name != topic.product.name and one.article is not None and same_place


@cache
def _product() -> Mapping[str, list[Topic]]:
    return _grouped(lambda t: t.product.name)


@cache
def _family() -> Mapping[tuple[str, str], list[Topic]]:
    return _grouped(lambda t: (t.product.family, t.kind.kind))


@cache
def _last_name() -> Mapping[tuple[str, str], list[Topic]]:
    return _grouped(lambda t: (_last(t), t.kind.kind))


def _last(topic: Topic) -> str:
    return topic.product.name.removeprefix(topic.product.family).strip()


def _grouped(key: Callable) -> dict:
    groups: dict = {}
    for topic in (*answerable(), *missing()):
        groups.setdefault(key(topic), []).append(topic)
    return groups

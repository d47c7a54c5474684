"""Neighbouring topics in the `train` split: siblings, namesakes, other kinds of the same product."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from random import Random

from harness.kb.topics import Topic, gaps, ghost_gaps, pairs

CLOSEST = 5  # kinds from which a grid's second kind is chosen


@cache
def answerable() -> tuple[Topic, ...]:
    """Return the topics that have an article."""
    return tuple(topic for pair in pairs("train") for topic in pair)


@cache
def missing() -> tuple[Topic, ...]:
    """Return the topics without an article, of existing and of non-existing products."""
    return tuple(topic for pair in (*gaps("train"), *ghost_gaps("train")) for topic in pair)


@cache
def by_chunk() -> Mapping[str, Topic]:
    """Return the topic of each chunk, by the chunk's id."""
    return {topic.article.chunk.id: topic for topic in answerable() if topic.article}


def siblings(topic: Topic) -> Sequence[Topic]:
    """Return the topics of the same kind and family, including `topic`."""
    return _by_family()[topic.product.family, topic.kind.kind]


def namesakes(topic: Topic) -> Sequence[Topic]:
    """Return the topics of the same kind with the same model name ("X200"), including `topic`."""
    return _by_model_name()[_model_name(topic), topic.kind.kind]


def same_product(topic: Topic) -> Sequence[Topic]:
    """Return all topics of the same product."""
    return _by_product()[topic.product.name]


def crossed(present: Sequence[Topic]) -> list[Topic]:
    """Return topics whose product, kind and region are all present, but not in one passage.

    They are the hardest to refuse, because the context contains everything that the question names.
    """
    keys = {topic.key for topic in present}
    kinds = {(topic.kind.kind, topic.region) for topic in present}
    products = {topic.product.name: topic for topic in present}.values()
    near = (other for topic in products for other in same_product(topic))
    return [t for t in near if (t.kind.kind, t.region) in kinds and t.key not in keys]


def grid(topic: Topic, kinds: Sequence[Topic], random: Random) -> list[Topic]:
    """Return the topics of two products times two kinds that have an article.

    The products and kinds are `topic`'s own and another of each. kinds: other topics with an article, closest
    first; the second kind is one of the first few.
    """
    others = [t for t in (*siblings(topic), *namesakes(topic)) if _is_other_product(t, topic)]
    near = [t for t in kinds if t.kind.kind != topic.kind.kind][:CLOSEST]
    if not (others and near):
        return [topic, *near] if topic.article else near
    other, close = random.choice(others), random.choice(near)
    crossing = [t for t in same_product(other) if t.article and t.kind.kind == close.kind.kind]
    cells = [topic, close, other, *random.sample(crossing, min(1, len(crossing)))]
    return [cell for cell in cells if cell.article]


def _is_other_product(other: Topic, topic: Topic) -> bool:
    same_region = other.region == topic.region
    return other.product.name != topic.product.name and other.article is not None and same_region


@cache
def _by_product() -> Mapping[str, list[Topic]]:
    return _grouped(lambda t: t.product.name)


@cache
def _by_family() -> Mapping[tuple[str, str], list[Topic]]:
    return _grouped(lambda t: (t.product.family, t.kind.kind))


@cache
def _by_model_name() -> Mapping[tuple[str, str], list[Topic]]:
    return _grouped(lambda t: (_model_name(t), t.kind.kind))


def _model_name(topic: Topic) -> str:
    return topic.product.name.removeprefix(topic.product.family).strip()


def _grouped(key: Callable) -> dict:
    groups: dict = {}
    for topic in (*answerable(), *missing()):
        groups.setdefault(key(topic), []).append(topic)
    return groups

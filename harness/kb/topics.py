"""The topics of questions: those that have an article, and the gaps without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from harness.kb import seeded
from harness.kb.articles import Article, articles, fill
from harness.kb.kinds import Kind, kinds
from harness.kb.products import (
    SHIPPED,
    SPLITS,
    WORLDS,
    Product,
    Split,
    World,
    ghosts,
    models,
    per_world,
    siblings,
)

KEPT = len(SPLITS) * (1 + WORLDS)  # results to keep


@dataclass(frozen=True, slots=True)
class Topic:
    """A kind of article for one product in one region ("all" for kinds without regions)."""

    product: Product
    kind: Kind
    region: str
    article: Article | None

    @property
    def key(self) -> tuple[str, str, str]:
        """Return the topic's unique key: product name, kind, region."""
        return (self.product.name, self.kind.kind, self.region)

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the wordings of questions in the product's split."""
        return getattr(self.kind.questions, self.product.split)

    @property
    def near_misses(self) -> tuple[str, ...]:
        """Return the ids of the siblings' chunks: right kind and region, wrong product and value."""
        keys = ((p.name, self.kind.kind, self.region) for p in siblings(self.product))
        articles = by_key(self.product.world)
        return tuple(articles[key].chunk.id for key in keys if key in articles)

    def ask(self, wording: int) -> str:
        """Return the question in form number `wording`, modulo the number of forms."""
        return fill(self.forms[wording % len(self.forms)], self.product, self.region, {})

    def answer(self) -> str:
        """Return the reference answer, one sentence. Raises ValueError for a topic without article."""
        if self.article is None:
            raise ValueError(f"There is no article about {self.key}, so it has no answer.")
        template = seeded.choice(self.kind.answers, self.product.world.seed, *self.key, "answer")
        return fill(template, self.product, self.region, self.article.facts)


@per_world
def by_key(world: World = SHIPPED) -> Mapping[tuple[str, str, str], Article]:
    """Return all articles of a world by product name, kind and region."""
    return {(a.product.name, a.kind.kind, a.region): a for a in articles(world)}


@lru_cache(KEPT)
def pairs(split: Split, world: World = SHIPPED) -> tuple[tuple[Topic, ...], ...]:
    """Return the (product, kind) pairs of a split that have an article, each with a topic per region."""
    return tuple(pair for pair in _all_pairs(models(world), split) if pair[0].article is not None)


@lru_cache(KEPT)
def gaps(split: Split, world: World = SHIPPED) -> tuple[tuple[Topic, ...], ...]:
    """Return the pairs of a split without an article, for which a sibling has one."""
    return _gaps(models(world), split)


@lru_cache(KEPT)
def ghost_gaps(split: Split, world: World = SHIPPED) -> tuple[tuple[Topic, ...], ...]:
    """Return the pairs of a split whose product does not exist, though its siblings do."""
    return _gaps(ghosts(world), split)


def _gaps(models: tuple[Product, ...], split: Split) -> tuple[tuple[Topic, ...], ...]:
    missing = (pair for pair in _all_pairs(models, split) if pair[0].article is None)
    return tuple(pair for pair in missing if pair[0].near_misses)


def _all_pairs(models: tuple[Product, ...], split: Split) -> list[tuple[Topic, ...]]:
    return [
        _pair(product, kind)
        for product in models
        if product.split == split
        for kind in kinds()
        if product.category in kind.categories
    ]


def _pair(product: Product, kind: Kind) -> tuple[Topic, ...]:
    keys = ((product.name, kind.kind, region) for region in kind.regions)
    return tuple(Topic(product, kind, key[2], by_key(product.world).get(key)) for key in keys)

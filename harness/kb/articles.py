"""The help centre's articles, each with its facts and its chunk, generated for every product."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from hashlib import sha256

from harness.assistant import Chunk
from harness.kb import launched, seeded
from harness.kb.kinds import Kind, kinds
from harness.kb.products import CATEGORIES, REGIONS, SHIPPED, Product, World, models, per_world

MISSING = 0.08  # share of the (product, kind) pairs without an article, for unanswerable questions
VERSIONS = 5  # an article has been revised up to four times


@dataclass(frozen=True, slots=True)
class Article:
    """A chunk and what it was generated from; `facts` holds the value of each fact by name."""

    chunk: Chunk
    product: Product
    kind: Kind
    region: str
    facts: Mapping[str, str]

    @property
    def asked(self) -> str:
        """Return the value that a question about this article asks for."""
        return self.facts[self.kind.asked]


@per_world
def articles(world: World = SHIPPED) -> tuple[Article, ...]:
    """Return all articles of a world, product by product."""
    return tuple(
        _article(product, kind, region)
        for product in models(world)
        for kind in kinds()
        if product.category in kind.categories and not _missing(product, kind)
        for region in kind.regions
    )


def chunks() -> tuple[Chunk, ...]:
    """Return all chunks of the help centre: shipped ones in the order of `articles`, then launched ones."""
    return written() + launched.chunks()


@per_world
def written(world: World = SHIPPED) -> tuple[Chunk, ...]:
    """Return the chunks of a world, in the order of `articles`."""
    return tuple(article.chunk for article in articles(world))


def content_hash() -> str:
    """Return a SHA-256 over all chunks in order, 64 hex digits."""
    return _hash(chunks()) if launched.chunks() else written_hash()


@per_world
def written_hash(world: World = SHIPPED) -> str:
    """Return a SHA-256 over the chunks of a world in order, 64 hex digits."""
    return _hash(written(world))


def _hash(chunks: tuple[Chunk, ...]) -> str:
    return sha256(json.dumps([astuple(chunk) for chunk in chunks]).encode()).hexdigest()


def fill(template: str, product: Product, region: str, facts: Mapping[str, str]) -> str:
    """Return `template` with its placeholders replaced. Raises KeyError for an unknown placeholder."""
    noun = CATEGORIES[product.category]
    place = REGIONS.get(region, "")
    return template.format(product=product.name, category=noun, region=place, **facts)


def _article(product: Product, kind: Kind, region: str) -> Article:
    facts = {name: _value(product, kind, region, name) for name in kind.facts}
    key = (product.world.seed, product.name, kind.kind, region)
    suffix, place = ("", "") if region == "all" else (f"/{region}", f" in {REGIONS[region]}")
    chunk = Chunk(
        id=f"{product.slug}/{kind.kind}{suffix}",
        title=f"{product.name}: {kind.title}{place}",
        text=fill(seeded.choice(kind.articles, *key, "article"), product, region, facts),
        product=product.name,
        category=product.category,
        region=region,
        version=1 + seeded.number(*key, "version") % VERSIONS,
    )
    return Article(chunk, product, kind, region, facts)


def _value(product: Product, kind: Kind, region: str, fact: str) -> str:
    """Return the value of `fact`, which differs from that of any sibling and of any other region.

    The values are shuffled once per family; the product's position and the region select one.
    """
    world, values = product.world, kind.facts[fact].values
    values = _family_values(world.seed, product.family, kind.kind, fact, values)
    return values[(product.position + kind.regions.index(region)) % len(values)]


@lru_cache(20_000)  # a world has at most 7,000
def _family_values(
    seed: seeded.Key, family: str, kind: str, fact: str, values: tuple[str, ...]
) -> list[str]:
    return seeded.shuffled(values, seed, family, kind, fact)


def _missing(product: Product, kind: Kind) -> bool:
    return seeded.fraction(product.world.seed, product.name, kind.kind, "missing") < MISSING

"""The help centre's articles, each with its facts and its chunk, generated for every product."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import cache
from hashlib import sha256

from harness.assistant import Chunk
from harness.kb import seeded
from harness.kb.kinds import Kind, kinds
from harness.kb.products import CATEGORIES, REGIONS, Product, products

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


@cache
def articles() -> tuple[Article, ...]:
    """Return all articles, product by product."""
    return tuple(
        _article(product, kind, region)
        for product in products()
        for kind in kinds()
        if product.category in kind.categories and not _missing(product, kind)
        for region in kind.regions
    )


@cache
def chunks() -> tuple[Chunk, ...]:
    """Return all chunks, in the order of `articles`."""
    return tuple(article.chunk for article in articles())


@cache
def content_hash() -> str:
    """Return a SHA-256 over all chunks in order, 64 hex digits."""
    return sha256(json.dumps([astuple(chunk) for chunk in chunks()]).encode()).hexdigest()


def fill(template: str, product: Product, region: str, facts: Mapping[str, str]) -> str:
    """Return `template` with its placeholders replaced. Raises KeyError for an unknown placeholder."""
    noun = CATEGORIES[product.category]
    place = REGIONS.get(region, "")
    return template.format(product=product.name, category=noun, region=place, **facts)


def _article(product: Product, kind: Kind, region: str) -> Article:
    facts = {name: _value(product, kind, region, name) for name in kind.facts}
    key = (seeded.SEED, product.name, kind.kind, region)
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
    values = _family_values(product.family, kind.kind, fact, kind.facts[fact].values)
    return values[(product.position + kind.regions.index(region)) % len(values)]


@cache
def _family_values(family: str, kind: str, fact: str, values: tuple[str, ...]) -> list[str]:
    return seeded.shuffled(values, seeded.SEED, family, kind, fact)


def _missing(product: Product, kind: Kind) -> bool:
    return seeded.fraction(seeded.SEED, product.name, kind.kind, "missing") < MISSING

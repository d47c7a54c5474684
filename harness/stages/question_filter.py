"""A metadata filter: a question that names its product and region needs only their chunks.

A wrong filter makes a question unanswerable, so only certain names count. A name that is unknown,
incomplete, excluded ("outside Canada") or vague ("in Europe") filters nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from harness.assistant import Chunk
from harness.kb.products import REGIONS
from harness.stages.name_matching import Names

EVERYWHERE = "all"  # the region of a chunk that is valid in every region
NO_ROWS = np.empty(0, np.intp)
ALIASES = {
    **{"united states of america": "us", "usa": "us", "uk": "uk"},
    **{"britain": "uk", "great britain": "uk", "eu": "eu"},
}
PLACES = Names({place.removeprefix("the "): region for region, place in REGIONS.items()} | ALIASES)
# Possible regions only: "us" is mostly a pronoun, and Europe is more than the European Union.
VAGUE = re.compile(
    r"\bU\.?S\b|(?i:\b((in|to|from|the) u\.?s|america|europe|england|scotland|wales|ireland"
    r"|abroad|overseas|elsewhere)\b)"
)
EXCLUDING = re.compile(
    r"(?i)\b(outside|except|excluding|apart|besides|unlike|instead|than|not)"
    r"( (for|from|of|in|to|on))?( (the|my|your))?\s*$"
)


@dataclass(frozen=True)
class QuestionFilter:
    """A filter: question -> bool (n,), the chunks it can be about, or None if nothing is certain.

    The chunks of all products and regions that the question names are kept. A named region also keeps the
    chunks that are valid in every region.
    """

    chunks: Sequence[Chunk]

    def __call__(self, text: str) -> np.ndarray | None:
        masks = [
            self._mask(rows)
            for rows in (self._product_rows(text), self._region_rows(text))
            if rows is not None
        ]
        mask = np.logical_and.reduce(masks) if masks else np.zeros(0, bool)
        return mask if mask.any() else None

    def _product_rows(self, text: str) -> list[np.ndarray] | None:
        if _excluded(self._products, text) or self._half_named(self._products.rest(text)):
            return None
        named = self._products.found(text)
        return [self._rows_by_product[name] for name in named] or None

    def _region_rows(self, text: str) -> list[np.ndarray] | None:
        if _excluded(PLACES, text) or VAGUE.search(PLACES.rest(text)):
            return None
        named = PLACES.found(text)
        regions = (*named, EVERYWHERE)
        return [self._rows_by_region.get(name, NO_ROWS) for name in regions] if named else None

    def _half_named(self, rest: str) -> bool:
        """Return True for "the Kestrel X200 or the X300": a part of a name may stand for another product.

        Case matters, because "Home" may be a model and "home" is an ordinary word. It does not matter for
        words with digits such as "x300".
        """
        return any(
            word in self._parts or (any(map(str.isdigit, word)) and word.upper() in self._parts)
            for word in re.findall(r"\w+", rest)
        )

    def _mask(self, groups: Iterable[np.ndarray]) -> np.ndarray:
        mask = np.zeros(len(self.chunks), bool)
        for rows in groups:
            mask[rows] = True
        return mask

    @cached_property
    def _products(self) -> Names:
        return Names.of(self._rows_by_product)

    @cached_property
    def _parts(self) -> frozenset[str]:
        return frozenset(word for name in self._rows_by_product for word in name.split())

    @cached_property
    def _rows_by_product(self) -> Mapping[str, np.ndarray]:
        return _rows_by(chunk.product for chunk in self.chunks)

    @cached_property
    def _rows_by_region(self) -> Mapping[str, np.ndarray]:
        return _rows_by(chunk.region for chunk in self.chunks)


def _excluded(names: Names, text: str) -> bool:
    """Return True if a name is excluded, as in "outside Canada"."""
    return any(EXCLUDING.search(text[: match.start()]) for match in names.matches(text))


def _rows_by(values: Iterable[str]) -> Mapping[str, np.ndarray]:
    """Return for each value the rows that have it."""
    rows: defaultdict[str, list[int]] = defaultdict(list)
    for row, value in enumerate(values):
        rows[value].append(row)
    return {value: np.array(numbers) for value, numbers in rows.items()}

"""Signals for a router: how hard a question looks, before anybody has answered it.

A signal is cheap beside the answer it may save, and it is only worth what calibration shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.assistant import Query, Question
from harness.stages.exact_search import Allowed, nearest
from harness.stages.name_matching import Names


@dataclass(frozen=True)
class NarrowMargin:
    """1 minus the lead of the best chunk over the second: hard where the search hesitates.

    preprocess: Question -> Query; vectors: (n, d), float32, unit norm.
    Unit: difference of cosines. A single candidate has no rival: 0.
    """

    preprocess: Callable[[Question], Query]
    vectors: np.ndarray
    allowed: Allowed | None = None

    def __call__(self, question: Question) -> float:
        query = self.preprocess(question)
        mask = self.allowed(query.text) if self.allowed else None
        first, *second = self.vectors[nearest(self.vectors, query.vector, 2, mask)] @ query.vector
        return float(1 - (first - second[0])) if second else 0.0


@dataclass(frozen=True)
class UnclearProduct:
    """0 for a question that names exactly one product, 1 for any other."""

    products: Names

    def __call__(self, question: Question) -> float:
        return float(len(self.products.found(question.text)) != 1)

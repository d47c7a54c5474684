"""Difficulty signals for a router: estimates of how hard a question is before it is answered.

A signal is cheap compared with the answer it may save. How useful it is shows in calibration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from harness.assistant import Query, Question
from harness.stages.exact_search import Allowed, nearest


@dataclass(frozen=True)
class NarrowMargin:
    """A difficulty signal: 1 minus the margin between the best and the second-best chunk.

    preprocess: Question -> Query. vectors: (n, d), float32, unit norm. allowed: an optional filter.
    Unit: difference of cosines. With a single candidate the signal is 0.
    """

    preprocess: Callable[[Question], Query]
    vectors: np.ndarray
    allowed: Allowed | None = None

    def __call__(self, question: Question) -> float:
        query = self.preprocess(question)
        mask = self.allowed(query.text) if self.allowed else None
        first, *second = self.vectors[nearest(self.vectors, query.vector, 2, mask)] @ query.vector
        return float(1 - (first - second[0])) if second else 0.0

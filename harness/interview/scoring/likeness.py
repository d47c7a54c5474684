"""Likeness in meaning: which of the rubric's examples a sentence is nearest to.

An embedding knows what a sentence is about, and hardly what it says of it: a contradiction lies as near as
the right answer. So it proposes, for sentences in which no pattern was found, and the guards still decide.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from harness import store
from harness.interview.scoring.rubric import Rubric

Embed = Callable[[list[str]], np.ndarray]  # texts -> (n, d), float32, unit norm
DECIMALS = 3  # of a cosine: what differs between machines lies far behind


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest example: its expectation (None: a counterexample), and the cosine."""

    expectation: str | None
    cosine: float


@dataclass(frozen=True, eq=False)
class Likeness:
    """Vectors of all examples and counterexamples: `owners[i]` belongs to `vectors[i]`."""

    embed: Embed
    owners: tuple[str | None, ...]
    vectors: np.ndarray  # (n, d)

    def nearest(self, texts: Sequence[str]) -> list[Nearest]:
        """One for each text. A text is embedded on its own: padding to a longer one costs time."""
        return [self._nearest(self.embed([text])[0]) for text in texts]

    def _nearest(self, vector: np.ndarray) -> Nearest:
        cosines = np.round((self.vectors @ vector).astype(np.float64), DECIMALS)
        best = int(np.argmax(cosines))
        return Nearest(self.owners[best], float(cosines[best]))


def examples(rubric: Rubric) -> list[tuple[str | None, str]]:
    """Every example with the id of its expectation, every counterexample with None."""
    own = [(e.id, text) for e in rubric.expectations for text in (e.says, *e.examples)]
    wrong = [(None, t) for e in rubric.expectations for t in e.counterexamples]
    mistaken = [(None, t) for m in rubric.misconceptions for t in m.examples]
    return [*own, *wrong, *mistaken, *((None, text) for text in rubric.background)]


def likeness(rubric: Rubric, embed: Embed) -> Likeness:
    """The likeness to a rubric's examples under any embedding."""
    owners, texts = zip(*examples(rubric), strict=True)
    return Likeness(embed, owners, np.stack([embed([text])[0] for text in texts]))


@cache
def minilm(rubric: Rubric) -> Likeness:
    """The likeness under MiniLM; the examples' vectors are kept in the cache folder.

    Raises StoreError when the model is missing.
    """
    from harness.models.catalog import MINILM
    from harness.models.embedding import embedder

    kept = store.home() / "interview" / f"{rubric.sha256[:16]}-{MINILM.sha256[:16]}.npy"
    owners, _ = zip(*examples(rubric), strict=True)
    embed = embedder()
    if not store.intact(kept):
        vectors = likeness(rubric, embed).vectors
        with store.written(kept) as part, part.open("wb") as file:
            np.save(file, vectors)
    return Likeness(embed, owners, np.load(kept, allow_pickle=False))

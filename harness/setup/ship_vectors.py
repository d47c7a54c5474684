"""Ship the vectors that `under500 prepare --embed` has computed: `python -m harness.setup.ship_vectors`."""

from __future__ import annotations

import numpy as np

from harness import baseline
from harness.kb import questions, shipped_vectors, vectors
from harness.models.engines.embedding import embedder

NEAREST, QUESTIONS = 10, 1000


def recall(full: np.ndarray, halves: np.ndarray, queries: np.ndarray) -> float:
    """Return the mean share of the `NEAREST` chunks by full vectors that the half-precision vectors find.

    full, halves: shape (n, d). queries: shape (m, d). All float32.
    """
    pairs = zip(_nearest(queries, full), _nearest(queries, halves), strict=True)
    return float(np.mean([len(set(a) & set(b)) / NEAREST for a, b in pairs]))


def _nearest(queries: np.ndarray, documents: np.ndarray) -> np.ndarray:
    return np.argpartition(-(queries @ documents.T), NEAREST, axis=1)[:, :NEAREST]


def main() -> None:
    """Write the shipped vectors, and print how many neighbours half precision finds."""
    full = vectors.load(baseline.embedded_folder())
    shipped_vectors.pack(full, baseline.shipped())
    halves = np.load(baseline.shipped(), allow_pickle=False).astype(np.float32)
    asked = [case.question.text for case in questions.draw("dev", QUESTIONS, seed=0)]
    found = recall(full, halves, embedder().documents(asked))
    print(
        f"recall@{NEAREST} of half precision against fp32: {found:.4f} (n={len(asked)} questions)"
    )


if __name__ == "__main__":
    main()

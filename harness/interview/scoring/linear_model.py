"""Ridge regressions in closed form over sentences: topic, stance, and topics of questions."""

from __future__ import annotations

import numpy as np

# All chosen on the labelled sentences, by cross-validation between their batches.
RIDGE = 0.3  # shrinkage of `about`
RARE = 0.3  # of n sentences, each negative weighs 1 and all positives together n * RARE / 2
OWN, OWN_RIDGE = 3.0, 1.0  # extra similarity of sentences of one expectation; shrinkage of `stance`
KERNEL_RIDGE = 0.5  # shrinkage of `kernel_ridge`


def about(features: np.ndarray, shows: np.ndarray) -> np.ndarray:
    """Return weights, (expectations, f), with target +1 for sentences that show an expectation, else -1.

    features: (n, f). shows: (n, expectations), bool. The positives are few and are weighted up.
    """
    gram = features @ features.T
    inverse = np.linalg.inv(gram + RIDGE * np.eye(len(gram)))
    return np.stack([_about(inverse, column) for column in shows.T]) @ features


def stance(
    features: np.ndarray, owners: np.ndarray, sides: np.ndarray, n_expectations: int
) -> np.ndarray:
    """Return weights, (expectations, f), with target +1 for sentences for an expectation, -1 against it.

    A multi-task model: one part of the weights is shared by all expectations ("no need to", "irrelevant"),
    another belongs to a single one ("slower", of a small model). The kernel is the dot product of the
    features, 1 + OWN times as large for two sentences of one expectation.
    features: (n, f). owners: (n,), the column of each sentence's expectation. sides: (n,), +1 or -1.
    """
    same = owners[:, None] == owners[None, :]
    gram = (features @ features.T) * (1 + OWN * same)
    weight = _balanced(sides > 0)
    coefficients = np.linalg.solve(gram + OWN_RIDGE * np.diag(1 / weight), sides.astype(np.float64))
    shared = features.T @ coefficients
    own = [features[owners == e].T @ coefficients[owners == e] for e in range(n_expectations)]
    return shared + OWN * np.stack(own)


def kernel_ridge(gram: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Return kernel ridge weights of the examples, (n, topics), with target +1 for their own topic, else -1.

    gram: (n, n), a positive definite kernel. owners: (n,), the number of each example's topic.
    """
    own = owners[:, None] == np.arange(owners.max() + 1)[None, :]
    return np.linalg.solve(gram + KERNEL_RIDGE * np.eye(len(owners)), np.where(own, 1.0, -1.0))


def _about(inverse: np.ndarray, shows: np.ndarray) -> np.ndarray:
    """Return the dual weights, (n,), of one expectation.

    inverse: (n, n), of the kernel with the shrinkage of a negative. The few positives, whose shrinkage is
    another, are a change of low rank, for which Woodbury's identity needs no further inverse of that size.
    shows: (n,), bool.
    """
    rows = np.flatnonzero(shows)
    positive = RARE * len(shows) / (2 * max(1, len(rows)))
    base = inverse @ np.where(shows, 1.0, -1.0)
    change = RIDGE / positive - RIDGE
    if not len(rows) or change == 0:
        return base
    inner = np.eye(len(rows)) / change + inverse[np.ix_(rows, rows)]
    return base - inverse[:, rows] @ np.linalg.solve(inner, base[rows])


def _balanced(positive: np.ndarray) -> np.ndarray:
    """Return sample weights of mean 1 with the same total for both classes."""
    half = len(positive) / 2
    return np.where(positive, half / max(1, positive.sum()), half / max(1, (~positive).sum()))

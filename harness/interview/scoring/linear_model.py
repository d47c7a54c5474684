"""Ridge regressions in closed form, over sentences: what is heard, on which side, and what is asked."""

from __future__ import annotations

import numpy as np

# All chosen on the labelled sentences, each batch by what the others teach.
RIDGE, RARE = 0.3, 0.3  # shrinkage; weight of all that show an expectation against all that do not
OWN, OWN_RIDGE = (
    3.0,
    1.0,
)  # how much more an expectation learns from its own sentences than from others
KERNEL_RIDGE = 0.5  # shrinkage where questions are told apart


def about(features: np.ndarray, shows: np.ndarray) -> np.ndarray:
    """(expectations, f): towards +1 where a sentence shows one, else -1; the rare yes is weighted up.

    features: (n, f); shows: (n, expectations), bool.
    """
    alike = features @ features.T
    return np.stack([_about(features, alike, column) for column in shows.T])


def stance(features: np.ndarray, owners: np.ndarray, sides: np.ndarray, names: int) -> np.ndarray:
    """(expectations, f): towards +1 for what is said for an expectation, -1 for what is said against it.

    One model for all of them ("no need to", "irrelevant"), and in it one for each ("slower", of a small
    model): sentences are alike as their features are, and OWN times more within an expectation.
    features: (n, f); owners: (n,), the column of each sentence's expectation; sides: (n,), +1 or -1.
    """
    same = owners[:, None] == owners[None, :]
    alike = (features @ features.T) * (1 + OWN * same)
    weight = _balanced(sides > 0, 1.0)
    dual = np.linalg.solve(alike + OWN_RIDGE * np.diag(1 / weight), sides.astype(np.float64))
    shared = features.T @ dual
    own = [features[owners == e].T @ dual[owners == e] for e in range(names)]
    return shared + OWN * np.stack(own)


def _about(features: np.ndarray, alike: np.ndarray, shows: np.ndarray) -> np.ndarray:
    positive = RARE * len(shows) / (2 * max(1, shows.sum()))
    weight = np.where(shows, positive, 1.0)
    dual = np.linalg.solve(alike + RIDGE * np.diag(1 / weight), np.where(shows, 1.0, -1.0))
    return features.T @ dual


def _balanced(yes: np.ndarray, total: float) -> np.ndarray:
    """A weight for each, so that both sides have the same in all; `total` on average."""
    half = total * len(yes) / 2
    return np.where(yes, half / max(1, yes.sum()), half / max(1, (~yes).sum()))


def dual(alike: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """(n, topics): weights of the examples towards +1 for their own topic and -1 for every other.

    alike: (n, n), a positive kernel; owners: (n,), the number of each example's topic.
    """
    own = owners[:, None] == np.arange(owners.max() + 1)[None, :]
    return np.linalg.solve(alike + KERNEL_RIDGE * np.eye(len(owners)), np.where(own, 1.0, -1.0))

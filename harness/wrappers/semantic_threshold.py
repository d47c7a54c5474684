"""The threshold of a semantic cache, chosen on labelled pairs: many hits, few of them wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.errors import WrongUseError


def safe_threshold(cosines: Sequence[float], same: Sequence[bool], wrong: float) -> float:
    """The lowest threshold at which at most the share `wrong` of the hits is wrong.

    cosines: of pairs of questions that pass the guard; same: whether a pair has one right answer.
    Returns infinity, no hits at all, when no threshold will do. Choose on one set of pairs and report the
    share of wrong hits on another. Raises WrongUseError for no pairs, or for lists of two lengths.
    """
    if not len(cosines) == len(same) > 0:
        raise WrongUseError(
            f"{len(cosines)} cosines and {len(same)} labels: give one label for each pair, at least one."
        )
    descending = np.argsort(-np.asarray(cosines, float), kind="stable")
    sorted_cosines = np.asarray(cosines, float)[descending]
    wrong_hits = np.cumsum(~np.asarray(same, bool)[descending])
    shares = wrong_hits / np.arange(1, len(same) + 1)
    # Equal cosines are hits together, so a threshold can only be set at the last of them.
    last = np.append(sorted_cosines[1:] < sorted_cosines[:-1], True)
    allowed = np.flatnonzero((shares <= wrong) & last)
    return float(sorted_cosines[allowed[-1]]) if len(allowed) else float("inf")

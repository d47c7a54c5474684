"""Is the cheaper assistant good enough? A one-sided test on the same questions, answered by both.

"No significant difference" proves nothing: ask few questions and nothing is ever significant. What has to be
shown is that the cheaper one is not worse by more than a margin that was fixed before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.errors import WrongUseError

ONE_SIDED = 1.645  # standard errors below which 5 % of a normal distribution lie
MARGIN = 0.10  # of all answers: what thirty questions can just tell; a product would ask for less
IMAGINED = (
    1,
    -1,
)  # one question that only the cheaper one gets right, and one that only the other does


def worst_case(reference: Sequence[bool], other: Sequence[bool]) -> float:
    """Lower end of the one-sided 95 % interval of (other - reference), in shares of all answers, -1 to 1.

    Both hold right (True) or wrong for the same questions in the same order. Two imagined pairs, one for
    each side, keep the interval honest where nobody differs (D. G. Bonett, R. M. Price, 2012, adjusted Wald
    interval for paired proportions). Raises WrongUseError for unequal lengths or no questions.
    """
    if not reference or len(reference) != len(other):
        raise WrongUseError(
            f"Pairs come from the same questions, not from {len(reference)} and {len(other)} of them."
        )
    differences = np.subtract(np.asarray(other, int), np.asarray(reference, int))
    padded = np.append(differences, IMAGINED)
    return float(padded.mean() - ONE_SIDED * padded.std() / math.sqrt(len(padded)))


def not_worse(reference: Sequence[bool], other: Sequence[bool], margin: float = MARGIN) -> bool:
    """True when `other` is shown to be worse by less than `margin`. Raises WrongUseError."""
    return worst_case(reference, other) > -margin


def questions_needed(differing: float, margin: float = MARGIN) -> int:
    """How many questions a test needs to clear an equally good assistant, in every second exam.

    differing: share of the questions where exactly one of the two is right. Raises WrongUseError for a
    margin that is not above zero.
    """
    if not margin > 0:
        raise WrongUseError("Without a margin no number of questions is enough: give one above 0.")
    return math.ceil(differing * (ONE_SIDED / margin) ** 2)

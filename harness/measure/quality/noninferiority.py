"""A one-sided non-inferiority test of a cheaper assistant on questions that both answered.

"No significant difference" proves nothing: with few questions, no difference is ever significant. The
test must show that the cheaper assistant is not worse by more than a margin that was fixed beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from harness.errors import WrongUseError

ONE_SIDED = 1.645  # standard errors below which 5 % of a normal distribution lie
# Share of all answers: the smallest loss that thirty questions can detect; a product would allow less.
MARGIN = 0.10
# One question that only the cheaper assistant answers correctly, and one that only the other does.
PSEUDO_PAIRS = (1, -1)


def worst_case(reference: Sequence[bool], other: Sequence[bool]) -> float:
    """Return the lower end of the one-sided 95 % interval of (other - reference).

    The result is a share of all answers, -1 to 1. Both arguments hold right (True) or wrong for the same
    questions in the same order. One pseudo-observation for each side keeps the interval wide enough when the
    assistants agree on every question (D. G. Bonett, R. M. Price, 2012, adjusted Wald interval for paired
    proportions). Raises WrongUseError if the lengths differ or there are no questions.
    """
    if not reference or len(reference) != len(other):
        raise WrongUseError(
            "Pass the results of both assistants on the same questions, at least one: "
            f"there are {len(reference)} and {len(other)}."
        )
    differences = np.subtract(np.asarray(other, int), np.asarray(reference, int))
    padded = np.append(differences, PSEUDO_PAIRS)
    return float(padded.mean() - ONE_SIDED * padded.std() / math.sqrt(len(padded)))


def questions_needed(differing: float, margin: float = MARGIN) -> int:
    """Return how many questions let an equally good assistant pass in every second exam.

    differing: share of the questions that exactly one of the two answers correctly. Raises WrongUseError if
    the margin is not above 0.
    """
    if not margin > 0:
        raise WrongUseError(
            "The margin must be above 0: without one, no number of questions is enough."
        )
    # With mean 0 and the pseudo-pair, `worst_case` is above -margin for (margin N)^2 > z^2 (differing n + 2),
    # where N = n + 2.
    half = differing * (ONE_SIDED / margin) ** 2 / 2
    enough = half + math.sqrt(half**2 + 2 * (1 - differing) * (ONE_SIDED / margin) ** 2)
    return math.floor(enough) - 1

"""A workload for caches: popular topics, exact repeats and paraphrases at declared rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.errors import WrongUseError
from harness.kb.products import Split
from harness.kb.questions import Case, case, draw_topics
from harness.kb.topics import Topic, pairs

EXACT_REPEATS = 0.20  # share of the requests whose exact text came before
PARAPHRASES = 0.20  # share whose topic came before, in another wording
ZIPF_EXPONENT = 1.0  # Zipf's law: the topic of rank r is asked in proportion to 1 / r


@dataclass(frozen=True, slots=True)
class Rates:
    """The shares of a workload's requests by sort; they add up to 1."""

    exact: float
    paraphrase: float
    fresh: float


def workload(
    n: int,
    seed: int,
    split: Split = "dev",
    exact: float = EXACT_REPEATS,
    paraphrase: float = PARAPHRASES,
    exponent: float = ZIPF_EXPONENT,
) -> list[Case]:
    """Return `n` requests in order of arrival; popular topics come earlier and are repeated more often.

    exact, paraphrase: shares of the requests that repeat an earlier text, or its topic in other words.
    exponent: of Zipf's law.
    Raises WrongUseError if the split has too few topics for so many fresh requests.
    """
    rng = np.random.default_rng(seed)
    sorts = _sorts(n, exact, paraphrase, rng)
    fresh = sorts.count("fresh")
    if fresh > len(pairs(split)):
        raise WrongUseError(
            f"{n} requests need {fresh} topics, but {split} has {len(pairs(split))}: ask for fewer."
        )
    topics = draw_topics(split, len(pairs(split)), seed)
    popularity = np.arange(1, len(topics) + 1, dtype=float) ** -exponent
    # Sorting exponential waiting times samples without replacement in proportion to popularity.
    arrivals = np.argsort(rng.exponential(size=len(topics)) / popularity)[:fresh]
    return _requests(sorts, topics, popularity, list(arrivals), rng)


def repeat_rates(cases: Sequence[Case]) -> Rates:
    """Return how often a request repeats an earlier one exactly, or its topic in other words."""
    texts: set[str] = set()
    topics: set[tuple[str, str, str]] = set()
    counts = {"exact": 0, "paraphrase": 0, "fresh": 0}
    for request in cases:
        topic, text = (request.product, request.kind, request.region), request.question.text
        counts["exact" if text in texts else "paraphrase" if topic in topics else "fresh"] += 1
        texts.add(text)
        topics.add(topic)
    return Rates(**{sort: count / max(1, len(cases)) for sort, count in counts.items()})


def _sorts(n: int, exact: float, paraphrase: float, rng: np.random.Generator) -> list[str]:
    """Return the sort of each request; the first is fresh, as there is nothing to repeat yet."""
    if n == 0:
        return []
    repeats = ["exact"] * round(n * exact) + ["paraphrase"] * round(n * paraphrase)
    sorts = (repeats[: n - 1] + ["fresh"] * n)[: n - 1]
    rng.shuffle(sorts)
    return ["fresh", *sorts]


def _requests(
    sorts: list[str],
    topics: list[tuple[Topic, int]],
    popularity: np.ndarray,
    arrivals: list[int],
    rng: np.random.Generator,
) -> list[Case]:
    """Return the cases in order; `popularity` (t,) and `arrivals` refer to the t topics by their rank."""
    used: dict[int, int] = {}  # rank -> how many wordings of that topic have been used
    waiting = iter(arrivals)
    requests: list[Case] = []
    for sort in sorts:
        rank = next(waiting) if sort == "fresh" else _earlier(sort, used, topics, popularity, rng)
        topic, first = topics[rank]
        wordings = used.get(rank, 0)
        turn = int(rng.integers(wordings)) if sort == "exact" else wordings
        used[rank] = max(wordings, turn + 1)
        requests.append(case(topic, first + turn))
    return requests


def _earlier(
    sort: str,
    used: dict[int, int],
    topics: list[tuple[Topic, int]],
    popularity: np.ndarray,
    rng: np.random.Generator,
) -> int:
    """Return the rank of an earlier topic, drawn by popularity; for a paraphrase one with unused wordings."""
    ranks = list(used)
    if sort == "paraphrase":
        # In a tiny workload all wordings may be used; the request then becomes an exact repeat.
        ranks = [rank for rank in ranks if used[rank] < len(topics[rank][0].forms)] or ranks
    weights = popularity[ranks]
    return ranks[int(rng.choice(len(ranks), p=weights / weights.sum()))]

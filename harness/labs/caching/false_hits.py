"""How often a semantic cache would answer, and how often wrongly, for every threshold.

Two shares that are easily mixed up. Hit rate: of the pairs with one right answer, how many hit. False-hit
rate: of all hits, how many are wrong. The second is what users see.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from harness.labs.caching.pairs import Pair
from harness.kb.questions import Case
from harness.measure.latency.stats import Proportion

Embed = Callable[[list[str]], np.ndarray]
Meaning = Callable[[str], Hashable | None]
BATCH = 32  # texts at a time: larger batches fall out of the CPU's cache


@dataclass(frozen=True, slots=True)
class Judged:
    """hits: of the pairs that mean the same; wrong: of all hits."""

    hits: Proportion
    wrong: Proportion


def cosines(pairs: Sequence[Pair], embed: Embed) -> np.ndarray:
    """The cosine of each pair, (n,), float32; every text is embedded once."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.first, pair.second)))
    parts = [embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    vectors, place = np.concatenate(parts), {text: row for row, text in enumerate(texts)}
    first, second = ([place[getattr(pair, side)] for pair in pairs] for side in ("first", "second"))
    return (vectors[first] * vectors[second]).sum(1)


def equal(pairs: Sequence[Pair], meaning: Meaning) -> np.ndarray:
    """For each pair whether a guard lets it through, bool (n,): equal meanings, and not None."""
    both = ((meaning(pair.first), meaning(pair.second)) for pair in pairs)
    return np.array([one is not None and one == other for one, other in both])


def judged(
    likeness: np.ndarray, passes: np.ndarray, pairs: Sequence[Pair], threshold: float
) -> Judged:
    """What a cache with `threshold` makes of `pairs`; likeness: their cosines; passes: the guard's word."""
    same = np.array([pair.same for pair in pairs])
    hit = passes & (likeness >= threshold)
    return Judged(
        Proportion(int((hit & same).sum()), int(same.sum())),
        Proportion(int((hit & ~same).sum()), int(hit.sum())),
    )


def replayed(
    cases: Sequence[Case], vectors: np.ndarray, meaning: Meaning, threshold: float
) -> Judged:
    """What it makes of a stream of requests, each looked up among those before it.

    vectors: of the requests in order, (n, d), unit norm. hits: of all requests. A hit is wrong when the
    earlier request was about another topic.
    """
    texts = [case.question.text for case in cases]
    topics = [(case.product, case.kind, case.region) for case in cases]
    known: dict[Hashable, list[int]] = {}
    hits = wrong = 0
    for row, text in enumerate(texts):
        key = meaning(text)
        if key is None:
            continue
        earlier = known.setdefault(key, [])
        near = max(earlier, key=lambda one: float(vectors[one] @ vectors[row]), default=None)
        if near is not None and vectors[near] @ vectors[row] >= threshold:
            hits += 1
            wrong += topics[near] != topics[row]
        else:
            earlier.append(row)
    return Judged(Proportion(hits, len(cases)), Proportion(wrong, hits))

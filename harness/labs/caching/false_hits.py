"""Hit rate and false-hit rate of a semantic cache, for every threshold.

The two shares have different divisors. Hit rate: hits among the pairs with one right answer. False-hit rate:
wrong hits among all hits; this is the one that users notice.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from harness.kb.questions import Case
from harness.labs.caching.pairs import Pair
from harness.measure.stats import Proportion

Embed = Callable[[list[str]], np.ndarray]
Meaning = Callable[[str], Hashable | None]
# what is right for an answer: product, kind of question, region
Topic = tuple[str, str, str]
Entry = tuple[Hashable, np.ndarray, Topic]  # meaning and vector of a question, and its answer
# meaning, vector, entries, threshold -> the answer of an entry, or None
Lookup = Callable[[Hashable | None, np.ndarray, list[Entry], float], Topic | None]
BATCH = 32  # texts at a time: a larger batch does not fit into the CPU's cache


@dataclass(frozen=True, slots=True)
class HitRates:
    """The two rates of a cache. hits: of the pairs that mean the same; wrong: of all hits."""

    hits: Proportion
    wrong: Proportion


def cosines(pairs: Sequence[Pair], embed: Embed) -> np.ndarray:
    """Return the cosine of each pair, (n,), float32. Each text is embedded once."""
    texts = list(dict.fromkeys(text for pair in pairs for text in (pair.first, pair.second)))
    parts = [embed(texts[start : start + BATCH]) for start in range(0, len(texts), BATCH)]
    vectors, place = np.concatenate(parts), {text: row for row, text in enumerate(texts)}
    first, second = ([place[getattr(pair, side)] for pair in pairs] for side in ("first", "second"))
    return (vectors[first] * vectors[second]).sum(1)


def same_meaning(pairs: Sequence[Pair], meaning: Meaning) -> np.ndarray:
    """Return the pairs that a guard lets through, bool (n,): their meanings are equal and not None."""
    meanings = ((meaning(pair.first), meaning(pair.second)) for pair in pairs)
    return np.array([first is not None and first == second for first, second in meanings])


def hit_rates(
    cosines: np.ndarray, passes: np.ndarray, pairs: Sequence[Pair], threshold: float
) -> HitRates:
    """Return the rates of a cache with `threshold` on `pairs`. passes: the pairs that a guard lets pass."""
    same = np.array([pair.same for pair in pairs])
    hit = passes & (cosines >= threshold)
    return HitRates(
        Proportion(int((hit & same).sum()), int(same.sum())),
        Proportion(int((hit & ~same).sum()), int(hit.sum())),
    )


def hit_curves(
    cosines: np.ndarray,
    guards: Mapping[str, np.ndarray],
    pairs: Sequence[Pair],
    thresholds: Sequence[float],
) -> dict[str, list[tuple[float, HitRates]]]:
    """Return (threshold, rates) for each guard and threshold. guards: name -> the pairs that it lets pass."""
    return {
        name: [(one, hit_rates(cosines, passes, pairs, one)) for one in thresholds]
        for name, passes in guards.items()
    }


def replay(
    cases: Sequence[Case], vectors: np.ndarray, meaning: Meaning, lookup: Lookup, threshold: float
) -> HitRates:
    """Return the rates of a cache on a stream of requests, each looked up among those before it.

    vectors: of the requests in order, (n, d), unit norm. Here `hits` is a share of all requests. A hit is
    wrong if the earlier request was about another topic.
    """
    entries: list[Entry] = []
    hits = wrong = 0
    for case, vector in zip(cases, vectors, strict=True):
        topic, meant = (case.product, case.kind, case.region), meaning(case.question.text)
        answer = lookup(meant, vector, entries, threshold)
        if answer is not None:
            hits += 1
            wrong += answer != topic
        elif meant is not None:
            entries.append((meant, vector, topic))
    return HitRates(Proportion(hits, len(cases)), Proportion(wrong, hits))

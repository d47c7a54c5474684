"""Agreement of the scorer with the gold set: F1 per expectation, weighted kappa per dimension.

python -m tests.interview.agreement tuning [--all]
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from harness.interview.scoring.rubric import DIMENSIONS, FOLDER, SENTENCES
from harness.interview.scoring.score import Scorer
from harness.interview.scoring.scorecard import Scorecard

RESAMPLES = 1000
GOLD = Path(__file__).parent / "gold"


def short_answers(half: str) -> list[dict]:
    """Return the short answers of "tuning", the rubric's labelled sentences, or of "held_out"."""
    folder, pattern = (
        (FOLDER / SENTENCES, "*.yaml") if half == "tuning" else (GOLD, f"{half}_short*.yaml")
    )
    return _load(folder, pattern)


def full_answers(half: str) -> list[dict]:
    """Return the full answers of a half, with a score for each dimension."""
    return _load(GOLD, f"{half}_full*.yaml")


def scenario_answers() -> list[dict]:
    """Return the short answers about the services S02 to S12."""
    return _load(GOLD, "held_out_scenarios.yaml")


@dataclass
class Counts:
    """True positives, false positives and misses, by expectation or misconception."""

    right: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    false: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    missed: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, credited: Iterable[str], gold: Iterable[str], text: str) -> None:
        credited, gold = set(credited), set(gold)
        for name in credited & gold:
            self.right[name] += 1
        for name in credited - gold:
            self.false[name].append(text)
        for name in gold - credited:
            self.missed[name].append(text)

    def f1(self, name: str) -> float:
        wrong = len(self.false[name]) + len(self.missed[name])
        return 2 * self.right[name] / (2 * self.right[name] + wrong or 1)

    def macro(self, names: Iterable[str]) -> float:
        """Return the mean F1 over the names that the gold set has; NaN if it has none."""
        present = [n for n in names if self.right[n] or self.missed[n]]
        return float(np.mean([self.f1(n) for n in present])) if present else float("nan")


def labels(card: Scorecard) -> set[str]:
    """Return the ids of the expectations shown and of the misconceptions left standing."""
    return {*card.shown, *(m.misconception for m in card.mistakes if not m.repaired)}


def counted(scorer: Scorer, items: Iterable[dict]) -> Counts:
    """Return the counts over answers, misconceptions included."""
    counts = Counts()
    for item in items:
        card = scorer.answer(item["text"], item.get("prompt"))
        counts.add(labels(card), {*item.get("shows", ()), *item.get("wrong", ())}, item["text"])
    return counts


def kappa(pairs: list[tuple[int, int]], categories: int = 4) -> float:
    """Return the quadratic weighted kappa of (gold, score) pairs on 1 to 4."""
    table = np.zeros((categories, categories))
    for gold, score in pairs:
        table[gold - 1, score - 1] += 1
    weights = np.subtract.outer(np.arange(categories), np.arange(categories)) ** 2
    expected = np.outer(table.sum(1), table.sum(0)) / table.sum()
    return float(1 - (weights * table).sum() / (weights * expected).sum())


def score_pairs(scorer: Scorer, items: Iterable[dict]) -> dict[str, list[tuple[int, int]]]:
    """Return the (gold, score) pairs of each dimension."""
    pairs: dict[str, list[tuple[int, int]]] = {name: [] for name in DIMENSIONS}
    for item in items:
        scores = scorer.answer(item["text"]).scores
        for name, gold in zip(DIMENSIONS, item["scores"], strict=True):
            pairs[name].append((gold, scores[name]))
    return pairs


def _load(folder: Path, pattern: str) -> list[dict]:
    return [
        item for path in sorted(folder.glob(pattern)) for item in yaml.safe_load(path.read_text())
    ]


def interval(values: Callable[[np.ndarray], float], n: int) -> tuple[float, float]:
    """Return the 95 % bootstrap interval over n answers; `values` computes the figure of a resample."""
    draws = np.random.default_rng(0).integers(0, n, (RESAMPLES, n))
    low, high = np.nanpercentile([values(draw) for draw in draws], [2.5, 97.5])
    return float(low), float(high)


def _report(half: str, everything: bool) -> Iterator[str]:
    from harness.interview.scoring.score import scorer

    engine = scorer()
    ids = [e.id for e in engine.rubric.expectations]
    wrong = [m.id for m in engine.rubric.misconceptions]
    short, full = short_answers(half), full_answers(half)
    each = [counted(engine, [item]) for item in short]
    yield f"{half}: {len(short)} short answers"
    for name, names in (("expectations", ids), ("misconceptions", wrong)):
        low, high = interval(
            lambda draw, names=names: merged(each[i] for i in draw).macro(names), len(each)
        )
        yield f"macro-F1 {name} {merged(each).macro(names):.3f} [{low:.3f}, {high:.3f}]"
    if everything:
        yield from _details(merged(each), (*ids, *wrong))
    yield f"{half}: {len(full)} full answers"
    for name, pairs in score_pairs(engine, full).items():
        low, high = interval(lambda draw, pairs=pairs: kappa([pairs[i] for i in draw]), len(pairs))
        lenient = np.mean([score - gold for gold, score in pairs])
        exact = np.mean([score == gold for gold, score in pairs])
        yield (
            f"{name} kappa {kappa(pairs):.3f} [{low:.3f}, {high:.3f}] "
            f"exact {exact:.2f} leniency {lenient:+.2f}"
        )
    labelled = [item for item in full if "shows" in item]
    if labelled:
        yield f"macro-F1 in full answers {counted(engine, labelled).macro(ids):.3f}"


def merged(many: Iterable[Counts]) -> Counts:
    """Return the sum of all counts."""
    total = Counts()
    for counts in many:
        for name, n in counts.right.items():
            total.right[name] += n
        for sums, addends in ((total.false, counts.false), (total.missed, counts.missed)):
            for name, texts in addends.items():
                sums[name] += texts
    return total


def _details(counts: Counts, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield f"{name} F1 {counts.f1(name):.2f} right {counts.right[name]}"
        yield from (f"    false  {text}" for text in counts.false[name])
        yield from (f"    missed {text}" for text in counts.missed[name])


if __name__ == "__main__":
    for line in _report(sys.argv[1], "--all" in sys.argv):
        print(line)

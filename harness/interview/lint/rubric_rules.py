"""Check of the rubric against its own examples: all examples credited, and no counterexample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.interview.scoring.rubric import Expectation, Misconception
from harness.interview.scoring.score import Scorer


@dataclass(frozen=True, slots=True)
class Confusion:
    """Confusion counts of one expectation or misconception.

    falsely: number of counterexamples that were credited. wrong: one line for each sentence judged wrongly.
    """

    id: str
    examples: int
    credited: int
    counterexamples: int
    falsely: int
    wrong: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Return True if no sentence was judged wrongly."""
        return not self.wrong

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`."""
        return {
            "id": self.id,
            "examples": self.examples,
            "credited": self.credited,
            "counterexamples": self.counterexamples,
            "falsely_credited": self.falsely,
            "wrong": list(self.wrong),
        }


def lint(scorer: Scorer) -> Iterator[Confusion]:
    """Yield the confusion of each expectation, then of each misconception.

    Only the patterns are checked: the classifier was trained on these sentences.
    """
    patterns_alone = replace(scorer, classifier=None, rubric_is_source=False)
    for entry in (*scorer.rubric.expectations, *scorer.rubric.misconceptions):
        yield _confusion(patterns_alone, entry)


def _confusion(scorer: Scorer, entry: Expectation | Misconception) -> Confusion:
    missed = [text for text in entry.examples if not _credited(scorer, entry.id, text)]
    falsely = [text for text in entry.counterexamples if _credited(scorer, entry.id, text)]
    return Confusion(
        entry.id,
        len(entry.examples),
        len(entry.examples) - len(missed),
        len(entry.counterexamples),
        len(falsely),
        (
            *(f"not credited: {text}" for text in missed),
            *(f"credited, and should not be: {text}" for text in falsely),
        ),
    )


def _credited(scorer: Scorer, name: str, text: str) -> bool:
    card = scorer.answer(text)
    active = {m.misconception for m in card.mistakes if not m.repaired}
    return name in card.shown or name in active

"""Does the rubric do what its own examples say? Every example credited, no counterexample, by expectation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.interview.scoring.rubric import Expectation, Misconception
from harness.interview.scoring.score import Scorer


@dataclass(frozen=True, slots=True)
class Confusion:
    """One entry's examples: how many were credited, how many counterexamples were, and which are wrong."""

    id: str
    examples: int
    credited: int
    counterexamples: int
    falsely: int
    wrong: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """True when nothing is wrong."""
        return not self.wrong

    def to_json(self) -> dict[str, object]:
        """Plain types for `json.dumps`."""
        return {
            "id": self.id,
            "examples": self.examples,
            "credited": self.credited,
            "counterexamples": self.counterexamples,
            "falsely_credited": self.falsely,
            "wrong": list(self.wrong),
        }


def lint(scorer: Scorer) -> Iterator[Confusion]:
    """One for each expectation, then each misconception; by patterns: the hearing knows its lessons."""
    bare = replace(scorer, classifier=None, rubric_is_source=False)
    for entry in (*scorer.rubric.expectations, *scorer.rubric.misconceptions):
        yield _confusion(bare, entry)


def _confusion(scorer: Scorer, entry: Expectation | Misconception) -> Confusion:
    missed = [text for text in entry.examples if not _said(scorer, entry.id, text)]
    falsely = [text for text in entry.counterexamples if _said(scorer, entry.id, text)]
    return Confusion(
        entry.id,
        len(entry.examples),
        len(entry.examples) - len(missed),
        len(entry.counterexamples),
        len(falsely),
        _sentences(missed, falsely),
    )


def _said(scorer: Scorer, name: str, text: str) -> bool:
    card = scorer.answer(text)
    active = {m.misconception for m in card.mistakes if not m.repaired}
    return name in card.shown or name in active


def _sentences(missed: Sequence[str], falsely: Sequence[str]) -> tuple[str, ...]:
    return (
        *(f"not credited: {text}" for text in missed),
        *(f"credited, and should not be: {text}" for text in falsely),
    )

"""Sentence classifier: two scores of a sentence for each expectation and misconception.

The fine-tuned encoder gives both: whether a sentence shows an idea, and whether it denies the idea or falls
just short of it, because a contradiction is on topic, too. `classifier_findings` says how the scores add
findings to those of the patterns, or remove them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.interview.content_files import BadContentError
from harness.interview.encoder.shipped import Read, encoder
from harness.interview.scoring.rubric import Rubric

SHOWS, DENIES = "shows", "denies"  # the encoder's tasks


@dataclass(frozen=True, slots=True)
class Scores:
    """Two scores of a sentence for one expectation, as log odds.

    about: above 0, the sentence rather shows the expectation than not. stance: above 0, it rather shows it
    than denies it or falls short of it.
    """

    about: float
    stance: float


@dataclass(frozen=True, eq=False)
class SentenceClassifier:
    """Scores of a sentence for everything that is learned."""

    read: Read

    def score(self, text: str) -> Mapping[str, Scores]:
        """Return the scores by id."""
        odds = self.read(text, "")
        denied = odds[DENIES]
        return {name: Scores(shown, shown - denied[name]) for name, shown in odds[SHOWS].items()}


def top_label(rubric: Rubric, scores: Mapping[str, Scores]) -> str:
    """Return the id of the expectation with the highest `about` score."""
    return max(rubric.by_id, key=lambda name: scores[name].about)


def names(rubric: Rubric) -> tuple[str, ...]:
    """Return the ids of all expectations and misconceptions: both are learned."""
    return tuple(entry.id for entry in (*rubric.expectations, *rubric.misconceptions))


def load_classifier(rubric: Rubric) -> SentenceClassifier:
    """Return the classifier with the shipped weights.

    Raises StoreError if MiniLM is not built, and BadContentError if the weights were learned for other ids.
    """
    read = encoder()
    if tuple(read("", "")[SHOWS]) != names(rubric):
        raise BadContentError(
            "The rubric's ids are not those that were learned: run `under500 interview lint --learn`."
        )
    return SentenceClassifier(read)

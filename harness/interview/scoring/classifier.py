"""Sentence classifier: two scores of a sentence for each expectation and misconception.

The fine-tuned encoder gives both: whether a sentence shows an idea, and whether it denies the idea or falls
just short of it, because a contradiction is on topic, too. `classifier_findings` says how the scores add
findings to those of the patterns, or remove them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from harness.interview.content_files import BadContentError
from harness.interview.encoder.shipped import Read, encoder
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import Place, Sentence, together

SHOWS, DENIES = "shows", "denies"  # the encoder's tasks
# Chosen on answers of authors whose sentences the encoder had not learned.
TOGETHER = 40  # words that are read at once: few labelled answers are longer
ALONE = 1.0  # taken from what a sentence alone shows: those around it know better
CARRIES = 2.0  # the least `about` score of a sentence that is quoted alone

InContext = Mapping[Place, "Placed"]  # each sentence


@dataclass(frozen=True, slots=True)
class Scores:
    """Two scores of a sentence for one expectation, as log odds.

    about: above 0, the sentence rather shows the expectation than not. stance: above 0, it rather shows it
    than denies it or falls short of it. spread: True if it takes the sentences around to show it.
    """

    about: float
    stance: float
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """The scores of a sentence, by id. around: the sentences that it was read with, as one; whole: theirs."""

    scores: Mapping[str, Scores]
    around: Sentence
    whole: Mapping[str, Scores]


@dataclass(frozen=True, eq=False)
class SentenceClassifier:
    """Scores of a sentence for everything that is learned."""

    read: Read

    def score(self, text: str) -> Mapping[str, Scores]:
        """Return the scores by id."""
        odds = self.read(text, "")
        denied = odds[DENIES]
        return {name: Scores(shown, shown - denied[name]) for name, shown in odds[SHOWS].items()}

    def in_context(self, sentences: Sequence[Sentence]) -> InContext:
        """Return the scores of each sentence of a text.

        A few sentences are read together, because an idea often takes two. What they show has its place
        in the sentence that shows it most.
        """
        turns = groupby(sentences, key=lambda sentence: sentence.turn)
        groups = (group for _, turn in turns for group in together(turn, TOGETHER))
        return {sentence.place: placed for g in groups for sentence, placed in self._together(g)}

    def _together(self, group: Sequence[Sentence]) -> Iterator[tuple[Sentence, Placed]]:
        around = _joined(group)
        own, whole = [self.score(sentence.text) for sentence in group], self.score(around.text)
        clearest = {name: _clearest(own, name) for name in whole}
        for number, sentence in enumerate(group):
            scores = {
                name: _mixed(each, whole[name] if clearest[name] == number else None)
                for name, each in own[number].items()
            }
            yield sentence, Placed(scores, around, whole)


def _mixed(own: Scores, whole: Scores | None) -> Scores:
    """Return a sentence's scores. whole: those of the group, if this sentence shows it most; else None."""
    alone = replace(own, about=own.about - ALONE)
    if whole is None or whole.about < alone.about:
        return alone
    return replace(whole, spread=own.about < CARRIES)


def _joined(group: Sequence[Sentence]) -> Sentence:
    text = " ".join(sentence.text for sentence in group)
    return Sentence(text, group[0].start, group[-1].end, group[0].turn, len(group))


def _clearest(scores: Sequence[Mapping[str, Scores]], name: str) -> int:
    """Return the number of the sentence that shows an idea most."""
    return max(range(len(scores)), key=lambda number: scores[number][name].about)


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

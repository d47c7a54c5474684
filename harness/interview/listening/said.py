"""Words of a candidate with what the encoder makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import fmean

from harness.interview.encoder.shipped import Odds, Read
from harness.interview.scoring import sentences
from harness.interview.scoring.sentences import together

ACTS, CARDS, REMEDIES, SUSPECTS, ROLES = "acts", "cards", "remedies", "suspects", "roles"  # tasks
PASSAGE = 50  # words that are read at once: hardly any labelled turn is longer


@dataclass(frozen=True, eq=False, slots=True)
class Said:
    """Words, and the log odds of every label of every task."""

    text: str
    odds: Odds


def said(read: Read, text: str, *before: str) -> Said:
    """Return a text as it is read after the interviewer's words, or as the mean of several such readings.

    Each label of a long text has the odds of the passage where it is likeliest.
    """
    found = [
        _mean([read(passage, words) for words in before or ("",)]) for passage in _passages(text)
    ]
    return Said(text, _highest(found))


def _passages(text: str) -> Iterable[str]:
    if len(text.split()) <= PASSAGE:
        return [text]
    found = together(sentences.read(text).sentences, PASSAGE)
    return [" ".join(sentence.text for sentence in group) for group in found] or [text]


def _mean(found: list[Odds]) -> Odds:
    if len(found) == 1:
        return found[0]
    return {
        task: {label: fmean(odds[task][label] for odds in found) for label in labels}
        for task, labels in found[0].items()
    }


def _highest(found: list[Odds]) -> Odds:
    if len(found) == 1:
        return found[0]
    return {task: _highest_labels([odds[task] for odds in found]) for task in found[0]}


def _highest_labels(found: list[Mapping[str, float]]) -> Mapping[str, float]:
    return {label: max(odds[label] for odds in found) for label in found[0]}

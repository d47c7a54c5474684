"""What the encoder learns for the scorer: the ideas and misconceptions of the rubric's labelled sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from harness.interview.encoder.training import Example
from harness.interview.scoring.classifier import DENIES, SHOWS, names
from harness.interview.scoring.rubric import Rubric


def tasks(rubric: Rubric) -> dict[str, tuple[str, ...]]:
    """Return the scorer's tasks with their labels."""
    return {SHOWS: names(rubric), DENIES: names(rubric)}


def sentence_examples(rubric: Rubric) -> list[Example]:
    """Return each labelled sentence of a rubric once."""
    shows, denies = defaultdict(set), defaultdict(set)
    for text, shown in labelled_sentences(rubric):
        shows[text] |= shown
    for text, name in contrary_sentences(rubric):
        denies[text].add(name)
    return [_example(text, shows[text], denies[text]) for text in dict.fromkeys((*shows, *denies))]


def _example(text: str, shows: set[str], denies: set[str]) -> Example:
    denied = frozenset(denies - shows)
    return Example(text, {SHOWS: frozenset(shows), DENIES: denied}, hard=denied)


def labelled_sentences(rubric: Rubric) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every labelled sentence with the ids of what it shows and states wrongly, possibly none."""
    for expectation in rubric.expectations:
        label = frozenset({expectation.id})
        yield from ((text, label) for text in (expectation.says, *expectation.examples))
        yield from ((text, frozenset()) for text in expectation.counterexamples)
    for misconception in rubric.misconceptions:
        yield from ((text, frozenset({misconception.id})) for text in misconception.examples)
    yield from ((text, frozenset()) for text, name in rubric.contrary if name in rubric.by_id)
    yield from rubric.sentences


def contrary_sentences(rubric: Rubric) -> Iterator[tuple[str, str]]:
    """Yield every sentence that is about something and does not say it, with the id of that."""
    for entry in (*rubric.expectations, *rubric.misconceptions):
        yield from ((text, entry.id) for text in entry.counterexamples)
    for misconception in rubric.misconceptions:
        for name in misconception.denies:
            yield from ((text, name) for text in misconception.examples)
    yield from rubric.contrary

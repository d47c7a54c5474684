"""Follow-up questions: what they name, and which expectations they ask about.

An answer to "What does streaming buy you?" need not repeat "streaming".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from harness.interview.scoring.classifier import SentenceClassifier, top_label
from harness.interview.scoring.copying import main_question
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Rubric
from harness.interview.scoring.sentences import REMEMBERED

SENTENCE = re.compile(r"(?<=[.?!])\s+")
MAX_NAMED = 3  # a question that names more expectations is about none of them

Subjects = Mapping[str, str]  # expectation id -> the words of the question that name it


@lru_cache(REMEMBERED)
def subjects(rubric: Rubric, prompt: str) -> Subjects:
    """Return what a follow-up names; nothing for the main question, whatever surrounds it."""
    if any(main_question().copied(sentence) for sentence in SENTENCE.split(prompt)):
        return {}
    matches = {e.id: any_span((*e.accept, *e.asked), prompt) for e in rubric.expectations}
    named = {name: prompt[slice(*spans[0])] for name, spans in matches.items() if spans}
    return named if len(named) <= MAX_NAMED else {}


def targets(rubric: Rubric, prompt: str, classifier: SentenceClassifier | None) -> frozenset[str]:
    """Return the ids of the expectations that a follow-up asks about.

    Looks for their names, then for their topics (ignored if more than a quarter of all expectations match),
    and asks the classifier last.
    """
    named = {e.id for e in rubric.expectations if any_span((*e.accept, *e.asked), prompt)}
    for dimension, patterns in rubric.asked.items():
        if any_span(patterns, prompt):
            named |= {e.id for e in rubric.in_dimension(dimension)}
    if named:
        return frozenset(named)
    topics = {e.id for e in rubric.expectations if any_span(e.topic, prompt)}
    if topics and len(topics) <= len(rubric.expectations) // 4:
        return frozenset(topics)
    return (
        frozenset({top_label(rubric, classifier.score(prompt))})
        if classifier
        else frozenset(topics)
    )

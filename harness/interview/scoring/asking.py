"""What a follow-up question asks about."""

from __future__ import annotations

from harness.interview.scoring.classifier import SentenceClassifier, top_label
from harness.interview.scoring.patterns import any_span
from harness.interview.scoring.rubric import Rubric


def asked_about(
    rubric: Rubric, prompt: str, classifier: SentenceClassifier | None
) -> frozenset[str]:
    """Ids of the expectations a follow-up can show; by its words, then by its topics, then by meaning."""
    named = {e.id for e in rubric.expectations if any_span((*e.accept, *e.asked), prompt)}
    for dimension, cues in rubric.asked.items():
        if any_span(cues, prompt):
            named |= {e.id for e in rubric.of(dimension)}
    if named:
        return frozenset(named)
    topics = {e.id for e in rubric.expectations if any_span(e.topic, prompt)}
    if topics and len(topics) <= len(rubric.expectations) // 4:
        return frozenset(topics)
    return frozenset({top_label(classifier.score(prompt))}) if classifier else frozenset(topics)

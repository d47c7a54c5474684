"""What an interview reads once and keeps, so that nobody's first turn waits for it."""

from __future__ import annotations

from harness.interview.dialogue.intent import examples_file, folder, intent_classifier, routes
from harness.interview.scoring.classifier import learned_before, minilm
from harness.interview.scoring.rubric import rubric
from harness.models.catalog import MINILM


def warm() -> bool:
    """True when the examples' vectors and the hearing's weights are kept for this content and model."""
    vectors = examples_file(routes(), folder(MINILM.sha256))
    return vectors.exists() and learned_before(rubric())


def warm_up() -> None:
    """Makes and keeps them: seconds, half a minute after the rubric was changed. Raises StoreError."""
    intent_classifier()("Where does the time go?")
    minilm(rubric())

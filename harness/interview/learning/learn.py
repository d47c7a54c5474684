"""Learning the content anew: one encoder for all that is labelled, shipped beside the content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from harness.interview.encoder.shipped import SHIPPED
from harness.interview.encoder.training import Example, train
from harness.interview.encoder.weights_file import packed, stored, unpacked
from harness.interview.learning import sentence_examples, turn_examples
from harness.interview.scoring.rubric import rubric
from harness.models.catalog import MINILM

ROUNDS = 3  # from MiniLM to what is shipped
# Of each task. The listener's have fewer examples and must not be drowned by the scorer's.
WEIGHTS = {
    "shows": 1.0,
    "denies": 0.7,
    "acts": 3.0,
    "cards": 2.0,
    "remedies": 2.0,
    "suspects": 2.0,
    "roles": 2.0,
}


def learn(step_done: Callable[[int, int], None]) -> Path:
    """Train the shipped encoder further on all content and write it beside that; return its path.

    Without a shipped file it starts from MiniLM and takes three rounds. A round takes an hour on two
    cores. step_done: called with the steps that are done and all steps.
    """
    from harness.models.engines.embedding import embedder

    tasks = sentence_examples.tasks(rubric()) | turn_examples.tasks()
    shipped = stored(SHIPPED)
    tuned = unpacked(shipped, embedder()) if shipped else None
    for _ in range(1 if shipped else ROUNDS):
        tuned = train(embedder(), examples(), tasks, WEIGHTS, tuned, step_done=step_done)
    with SHIPPED.open("wb") as file:
        np.savez_compressed(file, learned_from=np.array(content()), **packed(tuned))
    return SHIPPED


def examples() -> list[Example]:
    """Return all that is learned, in the same order on every machine."""
    return [*sentence_examples.sentence_examples(rubric()), *turn_examples.turn_examples()]


def content() -> str:
    """Return a name for all that is learned, and the model; patterns are none of it."""
    seen = [
        (each.text, each.before, sorted((task, *sorted(own)) for task, own in each.labels.items()))
        for each in examples()
    ]
    return f"{hashlib.sha256(repr(seen).encode()).hexdigest()[:32]}-{MINILM.sha256[:32]}"

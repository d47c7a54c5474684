"""The model, the prompts and the jobs of the batches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.labs.load.batch import Job
from harness.labs.load.sequences import Sequences
from harness.models.offline import STUDENT
from harness.serve.entry import Entry
from harness.stages.prompt import stuffed_prompt

NO_STOP = 4  # every fourth job has no stop rule


def open_engine(entry: Entry, slots: int) -> Sequences:
    """Return the small model with `slots` sequences, on as many threads as the small assistant's `entry`.

    Raises StoreError before `under500 prepare`.
    """
    model = entry.assistant.inner.generate.model
    return Sequences(STUDENT.gguf("Q8_0"), slots=slots, threads=model.threads)


def passage_prompts(engine: Sequences, n: int, seed: int) -> list[list[int]]:
    """Return the token ids of `n` prompts: a question of the dev split and the passage that answers it."""
    passages = {chunk.id: chunk for chunk in chunks()}
    drawn = draw("dev", 2 * n, seed=seed, history_turns=0)  # at least half of them have an answer
    cases = [case for case in drawn if case.answerable][:n]
    texts = [stuffed_prompt(case.question, [passages[case.gold]]) for case in cases]
    return [engine.tokens(text) for text in texts]


def mixed_jobs(prompts: Sequence[Sequence[int]], most: int, longest: int, seed: int) -> list[Job]:
    """Return a job for each prompt; every fourth, in random order, writes exactly `longest` tokens.

    most: tokens of the others, which end with their text.
    """
    no_stop = np.random.default_rng(seed).permutation(len(prompts)) % NO_STOP == 0
    return [
        Job(number, prompt, most=longest if endless else most, stops=not endless)
        for number, (prompt, endless) in enumerate(zip(prompts, no_stop, strict=True))
    ]

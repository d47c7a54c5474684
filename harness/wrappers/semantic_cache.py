"""A semantic cache: a question in other words gets the answer that is there already.

Its wrong hits look like right ones, and likeness alone does not tell them apart. Two things do: the guard,
for what must be equal, and a threshold that was chosen on labelled pairs, for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

import numpy as np

from harness import semconv
from harness.assistant import Assistant, Done, Event, Question, check_question
from harness.stages.conversation_embedding import cleaned
from harness.wrappers.expiry import Expiry
from harness.wrappers.marks import mark
from harness.wrappers.replay import fit, replayed
from harness.wrappers.semantic_memory import Remembered, SemanticMemory


@dataclass(frozen=True)
class SemanticCache:
    """Answers of `inner` for questions that mean the same.

    embed: texts -> vectors (n, d), float32, unit norm; it runs on hits, too, and is part of their time.
    guard: question -> what must be equal for a hit, or None to leave the question alone.
    threshold: least cosine of a hit; it depends on embedder and questions, see `semantic_threshold`.
    version: what the answers depend on, see `keys.answer_version`.
    """

    inner: Assistant
    embed: Callable[[list[str]], np.ndarray]
    guard: Callable[[str], Hashable | None]
    threshold: float
    version: str
    expiry: Expiry = field(default_factory=Expiry)
    memory: SemanticMemory = field(default_factory=SemanticMemory)

    def stream(self, question: Question) -> Iterator[Event]:
        """Raises what `inner` raises; failures are never kept."""
        check_question(question)
        text = cleaned(question.text)
        meaning = self.guard(text)
        if meaning is None:
            yield from self.inner.stream(question)
            return
        meaning, vector = (self.version, meaning), self.embed([text])[0]
        cosine, near = self.memory.nearest(meaning, vector, self.expiry.clock())
        if near and cosine >= self.threshold:
            mark(semconv.CACHE, "semantic")
            mark(semconv.SIMILARITY, cosine)
            yield from replayed(near.answer)
        else:
            yield from self._compute(question, meaning, vector)

    def _compute(
        self, question: Question, meaning: Hashable, vector: np.ndarray
    ) -> Iterator[Event]:
        for event in self.inner.stream(question):
            if isinstance(event, Done) and fit(event.answer):
                deadline = self.expiry.deadline()
                self.memory.add(Remembered(meaning, vector, event.answer, deadline))
            yield event

"""A semantic cache: a rephrased question gets the answer of an earlier one.

A wrong hit looks like a right one, and similarity alone does not tell them apart. Two things do: the guard,
for what must be equal, and a threshold chosen on labelled pairs, for the rest.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from harness import semconv
from harness.assistant import Answer, Assistant, Done, Event, Question, check_question
from harness.stages.conversation_embedding import cleaned
from harness.wrappers.expiry import Expiry
from harness.wrappers.replay import is_cacheable, mark, replay

CAPACITY = 4000  # questions: 6 MB of vectors; the oldest makes room


@dataclass(frozen=True, slots=True)
class Remembered:
    """A question with its answer.

    meaning: what must be equal for a hit. vector: shape (d,), float32, unit norm. deadline: when the entry
    expires, on the clock of the cache's `Expiry`.
    """

    meaning: Hashable
    vector: np.ndarray
    answer: Answer
    deadline: float


@dataclass(frozen=True)
class SemanticMemory:
    """The newest `CAPACITY` questions with their answers, oldest first; safe between threads."""

    questions: deque[Remembered] = field(default_factory=lambda: deque(maxlen=CAPACITY))
    lock: Lock = field(default_factory=Lock)

    def add(self, question: Remembered) -> None:
        """Remember `question`."""
        with self.lock:
            self.questions.append(question)

    def nearest(
        self, meaning: Hashable, vector: np.ndarray, now: float
    ) -> tuple[float, Remembered | None]:
        """Return the cosine of the most similar unexpired question with the same `meaning`, and the question.

        Other questions are not compared. Returns (-1, None) when there is none.
        """
        with self.lock:
            same = [q for q in self.questions if q.meaning == meaning and q.deadline > now]
        if not same:
            return -1.0, None
        cosines = np.stack([q.vector for q in same]) @ vector
        best = int(cosines.argmax())
        return float(cosines[best]), same[best]


@dataclass(frozen=True)
class SemanticCache:
    """A cache that answers questions with the same meaning from `memory`, the others from `inner`.

    embed: texts -> vectors (n, d), float32, unit norm; it runs on hits, too, and is part of their time.
    guard: question -> what must be equal for a hit, or None to bypass the cache.
    threshold: least cosine of a hit; it depends on embedder and questions, so choose it on labelled pairs.
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
        """Yield the answer's events. Raises what `inner` raises; failures are not cached."""
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
            yield from replay(near.answer)
        else:
            yield from self._compute(question, meaning, vector)

    def _compute(
        self, question: Question, meaning: Hashable, vector: np.ndarray
    ) -> Iterator[Event]:
        for event in self.inner.stream(question):
            if isinstance(event, Done) and is_cacheable(event.answer):
                deadline = self.expiry.deadline()
                self.memory.add(Remembered(meaning, vector, event.answer, deadline))
            yield event

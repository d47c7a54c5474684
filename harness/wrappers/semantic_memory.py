"""The questions that a semantic cache remembers: the newest few thousand, in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from threading import Lock

import numpy as np

from harness.assistant import Answer

CAPACITY = 4000  # questions: 6 MB of vectors; the oldest makes room


@dataclass(frozen=True, slots=True)
class Remembered:
    """A question with its answer. vector: shape (d,), float32, unit norm; deadline: when it is too old."""

    meaning: Hashable
    vector: np.ndarray
    answer: Answer
    deadline: float


@dataclass(frozen=True)
class SemanticMemory:
    """Remembered questions, oldest first; safe between threads."""

    questions: deque[Remembered] = field(default_factory=lambda: deque(maxlen=CAPACITY))
    lock: Lock = field(default_factory=Lock)

    def add(self, question: Remembered) -> None:
        """Remember `question`."""
        with self.lock:
            self.questions.append(question)

    def nearest(
        self, meaning: Hashable, vector: np.ndarray, now: float
    ) -> tuple[float, Remembered | None]:
        """The most similar question with the same `meaning` that is not too old, and its cosine.

        Others are not even compared. Returns (-1, None) when there is none.
        """
        with self.lock:
            same = [q for q in self.questions if q.meaning == meaning and q.deadline > now]
        if not same:
            return -1.0, None
        cosines = np.stack([q.vector for q in same]) @ vector
        best = int(cosines.argmax())
        return float(cosines[best]), same[best]

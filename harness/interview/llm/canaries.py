"""Fifteen sentences with known verdicts: a chat model that gets one wrong is not asked about any other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from harness import store
from harness.interview.content_files import CONTENT, Strict, Text, read
from harness.interview.llm.endpoint import Chat
from harness.interview.llm.second_opinion import TASK, SecondOpinion
from harness.interview.scoring.rubric import Rubric


class Canary(Strict):
    """A sentence, and whether it says what the expectation `id` says."""

    id: str
    text: Text
    shown: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """How many canaries a model judged right, and what kept it from more."""

    right: int
    of: int
    trouble: str | None = None

    @property
    def passed(self) -> bool:
        """True when all are right."""
        return self.right == self.of


@cache
def canaries() -> tuple[Canary, ...]:
    """The shipped ones."""
    return read(CONTENT / "canaries.yaml", tuple[Canary, ...])


def trial(chat: Chat, rubric: Rubric, progress: Callable[[int, int], None] | None = None) -> Trial:
    """Asks about each canary; a model that passed is not tried again until something changes."""
    kept = store.home() / "interviews" / f"canaries-{_key(chat, rubric)}.json"
    if kept.exists():
        return Trial(len(canaries()), len(canaries()))
    found = _asked(chat, rubric, progress or (lambda done, of: None))
    if found.passed:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps({"model": chat.name, "right": found.right}))
    return found


def _asked(chat: Chat, rubric: Rubric, progress: Callable[[int, int], None]) -> Trial:
    opinion, right = SecondOpinion(chat), 0
    for number, canary in enumerate(canaries(), 1):
        unusable = opinion.unusable
        says = opinion.says(canary.id, rubric.by_id[canary.id].says, canary.text)
        right += says == canary.shown and opinion.unusable == unusable
        if opinion.trouble:
            return Trial(0, len(canaries()), opinion.trouble)
        progress(number, len(canaries()))
    return Trial(right, len(canaries()))


def _key(chat: Chat, rubric: Rubric) -> str:
    sentences = [canary.model_dump() for canary in canaries()]
    text = json.dumps([chat.key, TASK, rubric.sha256, sentences])
    return hashlib.sha256(text.encode()).hexdigest()[:16]

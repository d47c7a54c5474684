"""Fifteen sentences with known labels: a chat model that misjudges one of them is not used."""

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
    """A sentence, and whether it shows the expectation `id`."""

    id: str
    text: Text
    shown: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """The number of canaries that a model judged correctly. trouble: the error that ended the trial."""

    right: int
    total: int
    trouble: str | None = None

    @property
    def passed(self) -> bool:
        """Return True if all were judged correctly."""
        return self.right == self.total


@cache
def canaries() -> tuple[Canary, ...]:
    """Return the shipped canaries."""
    return read(CONTENT / "canaries.yaml", tuple[Canary, ...])


def trial(chat: Chat, rubric: Rubric, progress: Callable[[int, int], None] | None = None) -> Trial:
    """Ask the model about each canary.

    A pass is stored, and the model is not tried again until the model, the prompt or the content changes.
    progress: called with (done, total).
    """
    pass_file = store.home() / "interviews" / f"canaries-{_key(chat, rubric)}.json"
    if pass_file.exists():
        return Trial(len(canaries()), len(canaries()))
    result = _tried(chat, rubric, progress or (lambda done, total: None))
    if result.passed:
        pass_file.parent.mkdir(parents=True, exist_ok=True)
        pass_file.write_text(json.dumps({"model": chat.name, "right": result.right}))
    return result


def _tried(chat: Chat, rubric: Rubric, progress: Callable[[int, int], None]) -> Trial:
    opinion, right = SecondOpinion(chat), 0
    for number, canary in enumerate(canaries(), 1):
        unusable_before = opinion.unusable
        shown = opinion.says(canary.id, rubric.by_id[canary.id].says, canary.text)
        right += shown == canary.shown and opinion.unusable == unusable_before
        if opinion.trouble:
            return Trial(0, len(canaries()), opinion.trouble)
        progress(number, len(canaries()))
    return Trial(right, len(canaries()))


def _key(chat: Chat, rubric: Rubric) -> str:
    sentences = [canary.model_dump() for canary in canaries()]
    text = json.dumps([chat.key, TASK, rubric.sha256, sentences])
    return hashlib.sha256(text.encode()).hexdigest()[:16]

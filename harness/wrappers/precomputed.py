"""Answers computed ahead: what is asked every day need not be answered every day anew.

A cache is filled by the first who asks, who still waits; a table is filled at night, and nobody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from harness import semconv, store
from harness.assistant import Answer, Assistant, Event, Question, ask, check_question
from harness.wrappers.keys import normalised
from harness.wrappers.marks import mark
from harness.wrappers.replay import fit, replayed


class Table(BaseModel, frozen=True):
    """Answers by normalised question, and the version that they belong to."""

    version: str
    answers: dict[str, Answer]


@dataclass(frozen=True)
class Precomputed:
    """Answers from `table` where it has one, from `inner` for everything else.

    version: that of `inner` today, see `keys.answer_version`; a table of another version is not used.
    """

    inner: Assistant
    table: Table
    version: str

    def stream(self, question: Question) -> Iterator[Event]:
        """Raises what `inner` raises."""
        check_question(question)
        current = self.table.version == self.version
        answer = self.table.answers.get(normalised(question.text)) if current else None
        if answer is None:
            yield from self.inner.stream(question)
            return
        mark(semconv.CACHE, "precomputed")
        yield from replayed(answer)


def compute(assistant: Assistant, questions: Iterable[Question], version: str) -> Table:
    """The table of what `assistant` answers, without answers that went wrong. Raises what it raises."""
    asked = ((normalised(question.text), ask(assistant, question)) for question in questions)
    return Table(version=version, answers={text: answer for text, answer in asked if fit(answer)})


def save(table: Table, path: Path) -> None:
    """Write `table`, whole and sealed. Raises StoreError when the disk is full."""
    with store.written(path) as part:
        part.write_text(table.model_dump_json(), encoding="utf-8")


def load(path: Path) -> Table:
    """The table in `path`. Raises StoreError when it is not built, CorruptFileError when damaged."""
    text = store.verified(path).read_text(encoding="utf-8")
    try:
        return Table.model_validate_json(text)
    except ValidationError as error:
        raise store.CorruptFileError(
            f"{path.name} holds no table of answers: compute it again."
        ) from error

"""Precomputed answers for frequent questions.

A cache is filled by the first request, whose user still waits. A table is filled ahead, for example at night.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from harness import semconv, store
from harness.assistant import Answer, Assistant, Event, Question, ask, check_question
from harness.wrappers.keys import normalised
from harness.wrappers.replay import is_cacheable, mark, replay


class Table(BaseModel, frozen=True):
    """Answers by normalised question, and the version they belong to."""

    version: str
    answers: dict[str, Answer]


@dataclass(frozen=True)
class Precomputed:
    """An assistant that answers from `table` where possible and from `inner` otherwise.

    version: the current version of `inner`, see `keys.answer_version`. A table of another version is ignored.
    """

    inner: Assistant
    table: Table
    version: str

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer's events. Raises what `inner` raises."""
        check_question(question)
        current = self.table.version == self.version
        answer = self.table.answers.get(normalised(question.text)) if current else None
        if answer is None:
            yield from self.inner.stream(question)
            return
        mark(semconv.CACHE, "precomputed")
        yield from replay(answer)


def compute(assistant: Assistant, questions: Iterable[Question], version: str) -> Table:
    """Return a table of the answers of `assistant`, without failed ones. Raises what it raises."""
    answers = ((normalised(question.text), ask(assistant, question)) for question in questions)
    return Table(
        version=version, answers={text: answer for text, answer in answers if is_cacheable(answer)}
    )


def save(table: Table, path: Path) -> None:
    """Write `table` to `path` atomically, with its checksum. Raises StoreError if the disk is full."""
    with store.atomic_write(path) as part:
        part.write_text(table.model_dump_json(), encoding="utf-8")


def load(path: Path) -> Table:
    """Return the table in `path`. Raises StoreError if it is missing, CorruptFileError if damaged."""
    text = store.check_seal(path).read_text(encoding="utf-8")
    try:
        return Table.model_validate_json(text)
    except ValidationError as error:
        raise store.CorruptFileError(
            f"{path.name} holds no table of answers: compute it again."
        ) from error

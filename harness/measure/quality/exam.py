"""How well a model reads: the right passage is on the desk, among others that look like it.

Retrieval that misses is another stage's mistake, so it is made good here: if the gold chunk is not among
the k that search finds, it takes the place of the last one. A question without an answer keeps what search
finds for it, near misses all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from harness.assistant import Answer, Chunk
from harness.kb.questions import Case
from harness.measure.quality.quality import Quality, summary
from harness.models.engines.language_model import LanguageModel
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.prompt import stuffed_prompt

ANSWER_TOKENS = 48  # twice the longest reference answer
ASKED_AT_ONCE = 32  # questions embedded at a time

Embed = Callable[[list[str]], np.ndarray]


@dataclass(frozen=True, slots=True)
class ExamItem:
    """A question with the passages to answer it from, best first."""

    case: Case
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All chunks with their vectors, shape (n, d), and what embeds a question."""

    chunks: Sequence[Chunk]
    vectors: np.ndarray
    embed: Embed

    def found(self, texts: Sequence[str], k: int) -> list[list[Chunk]]:
        """The `k` nearest chunks of each text, best first."""
        parts = range(0, len(texts), ASKED_AT_ONCE)
        asked = [self.embed(list(texts[at : at + ASKED_AT_ONCE])) for at in parts]
        rows = np.concatenate(asked) @ self.vectors.T
        return [[self.chunks[i] for i in np.argsort(-row)[:k]] for row in rows]


def items(cases: Sequence[Case], k: int, corpus: Corpus) -> list[ExamItem]:
    """`cases` with `k` passages each, the gold one among them where there is one."""
    gold = {case.gold for case in cases}
    by_id = {chunk.id: chunk for chunk in corpus.chunks if chunk.id in gold}
    found = corpus.found([case.question.text for case in cases], k)
    return [
        ExamItem(case, _with_gold(case, by_id, chunks))
        for case, chunks in zip(cases, found, strict=True)
    ]


def evaluate(model: LanguageModel, asked: Sequence[ExamItem], progress: bool = False) -> Quality:
    """The quality of `model`'s answers. Raises ValueError for no questions.

    progress: show a bar on stdout.
    """
    bar = tqdm(asked, model.name, disable=not progress, file=sys.stdout, leave=False)
    return summary((item.case, answer(model, item)) for item in bar)


def answer(model: LanguageModel, item: ExamItem) -> Answer:
    """What `model` answers from the passages of one sheet."""
    question, chunks = item.case.question, list(item.chunks)
    text = "".join(model.stream(stuffed_prompt(question, chunks), ANSWER_TOKENS))
    return CitedPostprocess()(question, chunks, text)


def _with_gold(case: Case, by_id: dict[str, Chunk], chunks: list[Chunk]) -> tuple[Chunk, ...]:
    if case.gold is None or any(chunk.id == case.gold for chunk in chunks):
        return tuple(chunks)
    return (*chunks[:-1], by_id[case.gold])

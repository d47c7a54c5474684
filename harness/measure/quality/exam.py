"""An exam for models: held-out questions of the `dev` split, answered from given passages.

An exam measures the model and not the search: if the gold chunk, which contains the answer, is not among the
`k` nearest, it replaces the last of them. An unanswerable question keeps the passages that the search finds,
near misses included.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm.auto import tqdm

from harness import baseline
from harness.assistant import Answer, Chunk
from harness.kb import articles
from harness.kb.questions import Case, draw
from harness.measure.quality.quality import Quality, summary
from harness.models.engines.embedding import embedder
from harness.models.engines.language_model import LanguageModel
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.prompt import stuffed_prompt

EXAM_SEED = 9300  # draws the questions; nothing was tuned or chosen with it
ANSWER_TOKENS = 48  # twice the longest reference answer
EMBEDDING_BATCH = 32  # questions embedded at a time

Embed = Callable[[list[str]], np.ndarray]


@dataclass(frozen=True, slots=True)
class ExamItem:
    """A question with the passages to answer it from, best first."""

    case: Case
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Chunks with their vectors, shape (n, d), and the function that embeds a question."""

    chunks: Sequence[Chunk]
    vectors: np.ndarray
    embed: Embed

    def nearest(self, texts: Sequence[str], k: int) -> list[list[Chunk]]:
        """Return the `k` nearest chunks of each text, best first."""
        starts = range(0, len(texts), EMBEDDING_BATCH)
        queries = [self.embed(list(texts[start : start + EMBEDDING_BATCH])) for start in starts]
        scores = np.concatenate(queries) @ self.vectors.T
        return [[self.chunks[i] for i in np.argsort(-row)[:k]] for row in scores]


def draw_exam(n: int, passages: int, seed: int = EXAM_SEED) -> list[ExamItem]:
    """Return `n` questions of the `dev` split with `passages` passages each; one in ten is unanswerable.

    The passages come from an exact search of the whole help centre. Raises StoreError if its vectors are not
    built.
    """
    help_centre = Corpus(articles.chunks(), baseline.knowledge_vectors(), embedder())
    return exam_items(draw("dev", n, seed, history_turns=0), passages, help_centre)


def exam_items(cases: Sequence[Case], k: int, corpus: Corpus) -> list[ExamItem]:
    """Return the cases with `k` passages each, which include the gold chunk if the case has one."""
    gold = {case.gold for case in cases}
    by_id = {chunk.id: chunk for chunk in corpus.chunks if chunk.id in gold}
    nearest = corpus.nearest([case.question.text for case in cases], k)
    return [
        ExamItem(case, _with_gold(case, by_id, chunks))
        for case, chunks in zip(cases, nearest, strict=True)
    ]


def evaluate(model: LanguageModel, items: Sequence[ExamItem], progress: bool = False) -> Quality:
    """Return the quality of the model's answers to the items.

    progress: show a bar on stdout. Raises ValueError if there are no items.
    """
    bar = tqdm(items, model.name, disable=not progress, file=sys.stdout, leave=False)
    return summary((item.case, answer(model, item)) for item in bar)


def answer(model: LanguageModel, item: ExamItem) -> Answer:
    """Return the model's answer to one item, with citations."""
    question, chunks = item.case.question, list(item.chunks)
    text = "".join(model.stream(stuffed_prompt(question, chunks), ANSWER_TOKENS))
    return CitedPostprocess()(question, chunks, text)


def _with_gold(case: Case, by_id: dict[str, Chunk], chunks: list[Chunk]) -> tuple[Chunk, ...]:
    if case.gold is None or any(chunk.id == case.gold for chunk in chunks):
        return tuple(chunks)
    return (*chunks[:-1], by_id[case.gold])

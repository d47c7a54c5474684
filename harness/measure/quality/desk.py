"""What every model is measured with: held-out questions of the `dev` split and passages to answer from."""

from __future__ import annotations

from harness import baseline
from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.measure.quality.exam import Corpus, ExamItem, items
from harness.models.engines.embedding import embedder

EXAM_SEED = 9300  # of the questions; nothing was tuned or chosen with it


def corpus() -> Corpus:
    """The whole help centre with exact search. Raises StoreError when its vectors are not built."""
    return Corpus(chunks(), baseline.knowledge_vectors(), embedder())


def exam(n: int, passages: int, seed: int = EXAM_SEED) -> list[ExamItem]:
    """`n` questions of the `dev` split, one in ten without an answer, with `passages` passages each."""
    return items(draw("dev", n, seed, history_turns=0), passages, corpus())

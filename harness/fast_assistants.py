"""Two fast assistants for load tests: a small one, and a larger one that reads more passages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness import knobs
from harness.assistant import Chunk, Query, Question
from harness.baseline import knowledge_vectors
from harness.kb.articles import chunks
from harness.models.engines.embedding import embedder
from harness.models.engines.llama_model import LlamaModel
from harness.models.offline import LARGE, STUDENT
from harness.pipeline import Pipeline
from harness.serve.entry import Division, Entry
from harness.serve.network import EDGE
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.conversation_embedding import ConversationEmbedding
from harness.stages.exact_search import ExactSearch
from harness.stages.llama_generation import LlamaGeneration
from harness.stages.loop_search import LoopSearch
from harness.stages.question_embedding import QuestionEmbedding
from harness.stages.question_filter import QuestionFilter
from harness.wrappers.hidden_pointer import HiddenPointer

PASSAGES = 3  # for the larger assistant; with more passages the right one is among them more often


def small_assistant() -> Entry:
    """Return the assistant with half the layers and one passage. Raises StoreError before `prepare`."""
    return _entry("small", STUDENT.gguf("Q8_0"), 1)


def large_assistant() -> Entry:
    """Return the assistant with all layers and `PASSAGES` passages. Raises StoreError before `prepare`."""
    return _entry("large", LARGE.gguf("Q8_0"), PASSAGES)


def slow_search() -> tuple[Callable[[Question], Query], Callable[[Query, int], list[Chunk]]]:
    """Return the stages preprocess and retrieve of the baseline.

    Raises StoreError before `under500 prepare`.
    """
    setting = knobs.load().knobs
    embed = ConversationEmbedding(embedder(), setting.turns)
    return embed, LoopSearch(chunks(), knowledge_vectors(), setting.scanned)


def _pipeline(file: Path, k: int) -> Pipeline:
    """Return a streaming pipeline with exact filtered search and the model in `file` on `k` passages."""
    return Pipeline(
        # Not the tuned embedder: routing needs a search that is sometimes wrong.
        QuestionEmbedding(embedder()),
        ExactSearch(chunks(), knowledge_vectors(), QuestionFilter(chunks())),
        LlamaGeneration(LlamaModel(file)),
        CitedPostprocess(),
        k=k,
        streaming=True,
    )


def _entry(name: str, file: Path, k: int) -> Entry:
    """Return an entry in the user's own region with a kept connection and no state between requests."""
    pipeline = _pipeline(file, k)
    fresh = pipeline.generate.fresh
    return Entry(name, HiddenPointer(pipeline), EDGE, Division.CLOSED, fresh)

"""A support assistant as LangChain's guides build one, with FAISS and llama.cpp, on this help centre.

`docs/bring-a-pipeline.md` takes it through profile, three changes, bench and memo. It needs the extra
`peers`, and the models that `under500 prepare` builds. Each step is a function that gives the answer's text:
`before`, and then `one_passage`, `streamed` and `smaller`, each with one change more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from pathlib import Path

from langchain_community.docstore.in_memory import InMemoryDocstore
from langchain_community.llms import LlamaCpp
from langchain_community.vectorstores import FAISS
from langchain_core.documents import Document
from langchain_huggingface import HuggingFaceEmbeddings
from opentelemetry import trace

from harness import baseline, semconv
from harness.assistant import Chunk, Question
from harness.kb.articles import chunks
from harness.models.catalog import MINILM
from harness.models.engines.language_model import END_OF_TURN
from harness.models.offline import COMPACT, LARGE
from harness.stages.prompt import join_pointer, split_pointer, stuffed_prompt

MAX_TOKENS = 64
CONTEXT = 2048  # tokens: three passages and an answer
tracer = trace.get_tracer("example")


def before(text: str) -> str:
    """Answer from three passages with the large model, shown when it is complete."""
    return "".join(_answer(text, LARGE.gguf("Q8_0"), passages=3))


def one_passage(text: str) -> str:
    """Change 1: one passage instead of three, so that the prompt is shorter."""
    return "".join(_answer(text, LARGE.gguf("Q8_0"), passages=1))


def streamed(text: str) -> Iterator[str]:
    """Change 2: text is shown while it is written."""
    return _answer(text, LARGE.gguf("Q8_0"), passages=1)


def smaller(text: str) -> Iterator[str]:
    """Change 3: a smaller model, tuned for this help centre, in four bits."""
    return _answer(text, COMPACT.gguf("Q4_0"), passages=1)


def _answer(text: str, file: Path, passages: int) -> Iterator[str]:
    """Yield the answer's text. The spans carry the project's names, so `profile` draws a waterfall."""
    with tracer.start_as_current_span(semconv.PREPROCESS):
        vector = _embeddings().embed_query(text)
    with tracer.start_as_current_span(semconv.RETRIEVE):
        found = _store().similarity_search_by_vector(vector, k=passages)
    prompt = stuffed_prompt(Question(text), [Chunk(**each.metadata) for each in found])
    with tracer.start_as_current_span(semconv.GENERATE):
        pieces = join_pointer(_model(file).stream(prompt))
        _, first = split_pointer(next(pieces, ""))  # "[1] " before the answer is for programs
        yield first
        yield from pieces


@cache
def _embeddings() -> HuggingFaceEmbeddings:
    return HuggingFaceEmbeddings(model_name=str(MINILM.verified().parent))


@cache
def _store() -> FAISS:
    """Return all passages in FAISS, with the vectors that `under500 prepare` has made."""
    vectors = baseline.knowledge_vectors()
    known = {
        str(row): Document(each.text, metadata=asdict(each)) for row, each in enumerate(chunks())
    }
    store = FAISS.from_embeddings([("", vectors[0])], _embeddings())
    store.index.reset()
    store.index.add(vectors)
    store.docstore = InMemoryDocstore(known)
    store.index_to_docstore_id = {row: str(row) for row in range(len(vectors))}
    return store


@cache
def _model(file: Path) -> LlamaCpp:
    return LlamaCpp(
        model_path=str(file),
        n_ctx=CONTEXT,
        n_batch=CONTEXT,
        max_tokens=MAX_TOKENS,
        temperature=0.0,
        repeat_penalty=1.0,  # LangChain's own 1.1 would punish an answer that repeats its passage
        stop=[END_OF_TURN],
        verbose=False,
    )

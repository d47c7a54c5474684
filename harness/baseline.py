"""The slow assistant that learners start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from harness import knobs, store
from harness.assistant import Chunk
from harness.kb import articles, launched, vectors
from harness.kb.products import products
from harness.knobs import Knobs
from harness.models.engines.embedding import documents_version, embedder
from harness.models.engines.torch_model import large
from harness.pipeline import Pipeline
from harness.serve.client import Client
from harness.serve.deployment import Deployment
from harness.serve.network import Network
from harness.stages.conversation_embedding import ConversationEmbedding
from harness.stages.diff_postprocess import DiffPostprocess
from harness.stages.loop_search import LoopSearch
from harness.stages.stuffed_generation import StuffedGeneration


def knowledge_vectors() -> np.ndarray:
    """Return the vectors of all chunks, shape (n, 384), float32.

    Raises StoreError if they are not built yet, or damaged.
    """
    return np.concatenate([vectors.load(_vectors_folder()), *launched.vectors()])


def build_vectors() -> None:
    """Embed all chunks unless they are embedded already; takes minutes, shows progress, can be resumed.

    Raises StoreError if the disk is full.
    """
    vectors.build(_vectors_folder(), [_text(c) for c in articles.written()], embedder().documents)


def embedded(chunks: list[Chunk]) -> np.ndarray:
    """Return the vectors of `chunks`, shape (n, 384), float32, as `build_vectors` computes them."""
    return embedder().documents([_text(chunk) for chunk in chunks])


def _text(chunk: Chunk) -> str:
    return f"{chunk.title}. {chunk.text}"


def vectors_ready() -> bool:
    """Return True if the vectors of this knowledge base exist and are intact."""
    return vectors.ready(_vectors_folder())


def _vectors_folder() -> Path:
    return vectors.place(store.home() / "vectors", articles.written_hash(), documents_version())


def pipeline(setting: Knobs | None = None) -> Pipeline:
    """Return the four slow stages, with this machine's calibrated knobs unless others are given.

    Raises StoreError if vectors, model or calibration are not built yet.
    """
    setting = setting or knobs.load().knobs
    return Pipeline(
        preprocess=ConversationEmbedding(embedder(), setting.turns),
        retrieve=LoopSearch(articles.chunks(), knowledge_vectors(), setting.scanned),
        generate=StuffedGeneration(large(), setting.max_tokens),
        postprocess=DiffPostprocess([p.name for p in products()], setting.comparisons),
    )


def network(setting: Knobs | None = None) -> Network:
    """Return the network as shipped: every request opens a connection and makes three more round trips."""
    setting = setting or knobs.load().knobs
    return Network(rtt_ms=setting.rtt_ms)


@contextmanager
def deployed() -> Iterator[Client]:
    """Serve the slow assistant over HTTP with emulated distance; yields its client."""
    with Deployment(pipeline(), network()) as client:
        yield client

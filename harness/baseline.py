"""The slow assistant that learners start from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from harness import knobs, store
from harness.assistant import Chunk
from harness.kb import articles, launched, shipped_vectors, vectors
from harness.kb.products import products
from harness.knobs import Knobs
from harness.models.catalog import MINILM
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

# The model and the number format of the shipped vectors; the first half is what `documents_version` has.
SHIPPED = f"{MINILM.sha256[:11]}-fp16"


def knowledge_vectors() -> np.ndarray:
    """Return the vectors of all chunks, shape (n, 384), float32.

    Raises StoreError if they are not built yet, or damaged.
    """
    return np.concatenate([vectors.load(_vectors_folder()), *launched.vectors()])


def build_vectors(embed: bool = False) -> None:
    """Unpack the shipped vectors of all chunks unless there are vectors already.

    embed: compute them on this machine instead. That takes minutes, shows progress, and can be resumed. It
    is also done if the texts have changed since the vectors were shipped. Raises StoreError if the disk is
    full.
    """
    if embed or not shipped().exists():
        texts = [_text(chunk) for chunk in articles.written()]
        vectors.build(embedded_folder(), texts, embedder().documents)
    elif not vectors_ready():
        shipped_vectors.unpack(shipped(), _vectors_folder())


def embedded(chunks: list[Chunk]) -> np.ndarray:
    """Return the vectors of `chunks`, shape (n, 384), float32, embedded on this machine."""
    return embedder().documents([_text(chunk) for chunk in chunks])


def _text(chunk: Chunk) -> str:
    return f"{chunk.title}. {chunk.text}"


def vectors_ready(embedded_here: bool = False) -> bool:
    """Return True if this knowledge base has intact vectors: any, or those computed here."""
    return vectors.ready(embedded_folder() if embedded_here else _vectors_folder())


def embedded_folder() -> Path:
    """Return the folder of the vectors that are computed on this machine; it need not exist."""
    return _folder(documents_version())


def shipped() -> Path:
    """Return the path of the vectors that come with the project; none exist if a text has changed since."""
    return shipped_vectors.file(SHIPPED)


def _vectors_folder() -> Path:
    """Return the folder of the vectors in use: those computed here if they exist, else the shipped ones."""
    own = embedded_folder()
    unpacked = shipped().exists() and not store.sealed(own / vectors.VECTORS)
    return _folder(SHIPPED) if unpacked else own


def _folder(version: str) -> Path:
    return vectors.place(store.home() / "vectors", articles.written_hash(), version)


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

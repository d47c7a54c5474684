"""A cache of retrieval results: the ids of the chunks found for a question.

It saves only the search, but stays valid with a new prompt or model, where a cache of answers starts empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness import semconv
from harness.assistant import Chunk, Query
from harness.pipeline import Retrieve
from harness.wrappers.keys import key, normalised
from harness.wrappers.replay import mark
from harness.wrappers.text_store import TextStore


@dataclass(frozen=True)
class RetrievalCache:
    """A retrieve stage that caches the results of `inner` under the normalised text, k and `version`.

    chunks: all chunks, to look one up by its id.
    version: what a search depends on: hash of the articles, embedder, index and its settings.
    """

    inner: Retrieve
    chunks: Sequence[Chunk]
    store: TextStore
    version: str

    def __call__(self, query: Query, k: int) -> list[Chunk]:
        name = key("chunks", self.version, normalised(query.text), str(k))
        cached = self._cached(name)
        if cached is not None:
            mark(semconv.CACHE, "retrieval")
            return cached
        chunks = self.inner(query, k)
        self.store.put(name, json.dumps([chunk.id for chunk in chunks]))
        return chunks

    def _cached(self, name: str) -> list[Chunk] | None:
        """Return the chunks stored under `name`; None if one is missing or the entry is damaged."""
        text = self.store.get(name)
        if text is None:
            return None
        try:
            return [self._by_id[chunk_id] for chunk_id in json.loads(text)]
        except (KeyError, TypeError, ValueError):
            return None

    @cached_property
    def _by_id(self) -> Mapping[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

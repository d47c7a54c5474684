"""A cache around retrieval: the ids that a question found, so that the search is done once.

It saves the search alone, but survives a new prompt or model, where a cache of answers starts empty.
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
from harness.wrappers.marks import mark
from harness.wrappers.text_store import TextStore


@dataclass(frozen=True)
class RetrievalCache:
    """A retrieve stage: what `inner` found, kept in `store` under the normalised text, k and `version`.

    chunks: all of them, to find one by its id.
    version: what a search depends on: hash of the articles, embedder, index and its settings.
    """

    inner: Retrieve
    chunks: Sequence[Chunk]
    store: TextStore
    version: str

    def __call__(self, query: Query, k: int) -> list[Chunk]:
        name = key("chunks", self.version, normalised(query.text), str(k))
        kept = self._kept(name)
        if kept is not None:
            mark(semconv.CACHE, "retrieval")
            return kept
        found = self.inner(query, k)
        self.store.put(name, json.dumps([chunk.id for chunk in found]))
        return found

    def _kept(self, name: str) -> list[Chunk] | None:
        """The chunks kept under `name`; None also when one of them is gone."""
        text = self.store.get(name)
        ids = json.loads(text) if text is not None else None
        known = ids is not None and all(one in self._by_id for one in ids)
        return [self._by_id[one] for one in ids] if known else None

    @cached_property
    def _by_id(self) -> Mapping[str, Chunk]:
        return {chunk.id: chunk for chunk in self.chunks}

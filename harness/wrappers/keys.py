"""Keys of caches: which questions count as the same one, and which version an answer belongs to."""

from __future__ import annotations

import hashlib
import json
import unicodedata

from harness.assistant import Question
from harness.kb import articles
from harness.stages.conversation_embedding import cleaned
from harness.stages.prompt import passages, question_part

TRAILING = " ?!.,;:…"


def normalised(text: str) -> str:
    """`text` without what does not change a question: capitals, white space, the mark at its end.

    Everything else counts, each number and each word.
    """
    # Caseless matching as Unicode defines it: decomposed first, as a capital may hide under its accent.
    folded = cleaned(unicodedata.normalize("NFD", text).casefold())
    return folded.rstrip(TRAILING) or folded


def key(*parts: str) -> str:
    """64 hex digits that stand for `parts`."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def answer_version(model: str, *more: str) -> str:
    """Changes with whatever an answer depends on: articles, prompt, model, and `more` that the caller knows.

    An answer kept under one version is never found under another, so nothing has to be deleted.
    """
    prompt = passages([]) + question_part(Question(""))
    return key(articles.content_hash(), prompt, model, *more)

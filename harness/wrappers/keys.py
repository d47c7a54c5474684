"""Cache keys: normalised questions, and versions of what an answer depends on."""

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
    """Return `text` without case, extra white space and final punctuation, which do not change a question.

    Everything else counts, including every number and every word.
    """
    # Caseless matching as Unicode defines it: decompose first, as an accented capital may be one character.
    folded = cleaned(unicodedata.normalize("NFD", text).casefold())
    return folded.rstrip(TRAILING) or folded


def key(*parts: str) -> str:
    """Return the SHA-256 of `parts`, 64 hex digits."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def answer_version(model: str, *more: str) -> str:
    """Return a hash of what an answer depends on: articles, prompt, model, and the caller's `more`.

    An answer cached under one version is never found under another, so nothing has to be deleted.
    """
    prompt = passages([]) + question_part(Question(""))
    return key(articles.content_hash(), prompt, model, *more)

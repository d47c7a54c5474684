"""The choice of the compact model's vocabulary: what the help centre and its users write, and common words.

The output matrix has a row for every token, and each token that the student writes is chosen among all of
them. Of SmolLM2's 49,152 tokens, the help centre uses 2,920. Questions are free text: those of the `train`
split and their further wordings stand for it, and the commonest tokens of any text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerBase

from harness import store
from harness.assistant import Question
from harness.kb.articles import chunks
from harness.kb.questions import REFUSAL
from harness.kb.topics import pairs
from harness.models import build
from harness.models.engines.language_model import END_OF_TURN
from harness.models.gguf.vocabulary import closed
from harness.models.offline import KEPT_TOKENS
from harness.stages.prompt import passages, question_part, with_pointer
from harness.tuning.recipes import wordings

COMMON = 4096  # the first merges are those of the most frequent pairs of any text
BATCH = 1000  # texts


def kept_tokens(tokenizer: PreTrainedTokenizerBase) -> np.ndarray:
    """Return the ids to keep, (n,), uint16, ascending; takes ten seconds."""
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    used = {*range(COMMON), *_used(tokenizer)}
    merges = (tuple(m.split(" ") if isinstance(m, str) else m) for m in model["merges"])
    return np.array(closed(used, tokens, merges), dtype=np.uint16)


def run(folder: Path) -> Path:
    """Choose the tokens, write them to `tokens.npy` in `folder`, and return the path."""
    file = folder / KEPT_TOKENS.name
    folder.mkdir(parents=True, exist_ok=True)
    with store.atomic_write(file) as part, part.open("wb") as out:
        np.save(out, kept_tokens(build.tokenizer()))
    return file


def _used(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    texts = list(_texts())
    batches = (texts[i : i + BATCH] for i in range(0, len(texts), BATCH))
    return {token for b in batches for ids in tokenizer(b).input_ids for token in ids}


def _texts() -> Iterator[str]:
    """Yield what the student reads and writes: prompts of the `train` split, all passages, and answers."""
    yield from (passages([chunk]) for chunk in chunks())
    yield with_pointer(1, REFUSAL) + END_OF_TURN
    topics = [topic for pair in pairs("train") for topic in pair]
    yield from (with_pointer(1, topic.answer()) for topic in topics)
    forms = {form for topic in topics for form in topic.forms}
    forms.update(form for further in wordings().values() for form in further)
    yield from (question_part(Question(form)) for form in sorted(forms))

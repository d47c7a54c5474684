"""Post-processing that believes the model: its first sentence, and the passage that it points at itself."""

from __future__ import annotations

from dataclasses import dataclass

from harness.assistant import Answer, Chunk, Question
from harness.stages.diff_postprocess import EMPTY, REFUSING, SENTENCE_END
from harness.stages.prompt import pointed


@dataclass(frozen=True)
class CitedPostprocess:
    """No search for the source: "[2] It lasts 24 months." cites the second chunk.

    Flags: "empty", "refused", "truncated" (no sentence end), "uncited" (points at no passage).
    """

    def __call__(self, question: Question, chunks: list[Chunk], text: str) -> Answer:
        number, written = pointed(" ".join(text.split()))
        sentence, *rest = SENTENCE_END.split(written, maxsplit=1)
        if not sentence:
            return Answer(EMPTY, flags=("empty",))
        if REFUSING.search(sentence):
            return Answer(sentence, flags=("refused",))
        source = (chunks[number - 1].id,) if 0 < number <= len(chunks) else ()
        flags = (*(() if rest else ("truncated",)), *(() if source else ("uncited",)))
        return Answer(sentence, source, flags)

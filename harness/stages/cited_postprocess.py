"""Post-processing that uses the model's own pointer as the citation."""

from __future__ import annotations

from dataclasses import dataclass

from harness.assistant import Answer, Chunk, Question
from harness.stages.diff_postprocess import EMPTY, REFUSING, SENTENCE_END
from harness.stages.prompt import split_pointer


@dataclass(frozen=True)
class CitedPostprocess:
    """A postprocess stage: the first sentence, citing the chunk that the pointer names.

    "[2] It lasts 24 months." cites the second chunk, so no search for the source is needed.

    Flags: "empty", "refused", "truncated" (no sentence end), "uncited" (points at no passage).
    """

    def __call__(self, question: Question, chunks: list[Chunk], text: str) -> Answer:
        number, written = split_pointer(" ".join(text.split()))
        sentence, *rest = SENTENCE_END.split(written, maxsplit=1)
        if not sentence:
            return Answer(EMPTY, flags=("empty",))
        if REFUSING.search(sentence):
            return Answer(sentence, flags=("refused",))
        source = (chunks[number - 1].id,) if 0 < number <= len(chunks) else ()
        flags = (*(() if rest else ("truncated",)), *(() if source else ("uncited",)))
        return Answer(sentence, source, flags)

"""Post-processing of the baseline: extract the answer and find its source with `difflib`.

It is slow for realistic reasons: a pattern of every product name is compiled for each answer, and the model's
whole text, including the discarded tail, is compared with many windows of every chunk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from harness.assistant import Answer, Chunk, Question
from harness.stages.prompt import split_pointer

WINDOW_CHARS = 150  # about two sentences; from 200 on, difflib ignores frequent letters
EMPTY = "The assistant wrote no answer. Please ask again in other words."
REFUSING = re.compile(
    r"(?i)could not find|couldn't find|can(no|')t find|not mentioned|do(es)? not contain"
)
SENTENCE_END = re.compile(r"(?<=[.!?])(\s|$)")  # "7.5 hours" does not end a sentence


@dataclass(frozen=True)
class DiffPostprocess:
    """A postprocess stage: the first sentence, flags, and the most similar chunk as the citation.

    products: all product names, searched in the answer.
    comparisons: windows compared per request, spread evenly over the chunks.
    Flags: "empty", "refused", "truncated" (no sentence end), "off-topic" (names another product).
    """

    products: Sequence[str]
    comparisons: int

    def __call__(self, question: Question, chunks: list[Chunk], text: str) -> Answer:
        written = self._without_echo(question, text)
        sentence, *rest = SENTENCE_END.split(written, maxsplit=1)
        if not sentence:
            return Answer(EMPTY, flags=("empty",))
        if REFUSING.search(sentence):
            return Answer(sentence, flags=("refused",))
        flags = (*(() if rest else ("truncated",)), *self._off_topic(question, sentence))
        return Answer(sentence, (self._source(written, chunks),) if chunks else (), flags)

    def _without_echo(self, question: Question, text: str) -> str:
        """Return the text on one line, without the pointer and without a repetition of the question."""
        line = " ".join(text.split())
        _, written = split_pointer(re.sub(re.escape(question.text), "", line).strip())
        return written

    def _off_topic(self, question: Question, sentence: str) -> tuple[str, ...]:
        # With the question in it the pattern is new each time, so `re` cannot cache it.
        question_pattern = re.escape(question.text)
        pattern = re.compile(f"(?i){question_pattern}|" + "|".join(map(re.escape, self.products)))
        named = {name.lower() for name in pattern.findall(sentence)}
        return ("off-topic",) if any(n not in question.text.lower() for n in named) else ()

    def _source(self, written: str, chunks: list[Chunk]) -> str:
        best = max(
            self._windows(chunks),
            key=lambda window: SequenceMatcher(None, written, window[1]).ratio(),
        )
        return best[0]

    def _windows(self, chunks: list[Chunk]) -> Iterator[tuple[str, str]]:
        """Yield (chunk id, text) of `comparisons` windows, the same number for every chunk."""
        each = max(1, self.comparisons // len(chunks))
        for chunk in chunks:
            text = f"{chunk.title}. {chunk.text}"
            slack = max(0, len(text) - WINDOW_CHARS)
            for number in range(each):
                start = round(slack * number / max(1, each - 1))
                yield chunk.id, text[start : start + WINDOW_CHARS]

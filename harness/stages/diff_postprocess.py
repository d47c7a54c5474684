"""Post-processing as first shipped: cut the answer out, and find its source with `difflib`.

What is slow, and real: a pattern of every product name is built and compiled for each answer, and all
that the model wrote, the tail that is thrown away included, is compared with window after window of every
chunk to see where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from harness.assistant import Answer, Chunk, Question
from harness.stages.prompt import pointed

WINDOW_CHARS = 150  # about two sentences; from 200 on, difflib ignores frequent letters
EMPTY = "The assistant wrote no answer. Please ask again in other words."
REFUSING = re.compile(
    r"(?i)could not find|couldn't find|can(no|')t find|not mentioned|do(es)? not contain"
)
SENTENCE_END = re.compile(r"(?<=[.!?])(\s|$)")  # "7.5 hours" does not end a sentence


@dataclass(frozen=True)
class DiffPostprocess:
    """First sentence, flags, and the chunk that resembles it most as the citation.

    products: every product name, looked for in the answer.
    comparisons: windows compared a request, spread evenly over the chunks.
    Flags: "empty", "refused", "truncated" (no sentence end), "off-topic" (names a product not asked for).
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
        """The text on one line, without the question, should the model repeat it, and its own pointer."""
        return pointed(re.sub(re.escape(question.text), "", " ".join(text.split())).strip())[1]

    def _off_topic(self, question: Question, sentence: str) -> tuple[str, ...]:
        asked = re.escape(question.text)  # makes the pattern new each time, so `re` cannot cache it
        pattern = re.compile(f"(?i){asked}|" + "|".join(map(re.escape, self.products)))
        named = {name.lower() for name in pattern.findall(sentence)}
        return ("off-topic",) if any(n not in question.text.lower() for n in named) else ()

    def _source(self, written: str, chunks: list[Chunk]) -> str:
        best = max(
            self._windows(chunks),
            key=lambda window: SequenceMatcher(None, written, window[1]).ratio(),
        )
        return best[0]

    def _windows(self, chunks: list[Chunk]) -> Iterator[tuple[str, str]]:
        """(chunk id, text) of `comparisons` windows, the same number for every chunk."""
        each = max(1, self.comparisons // len(chunks))
        for chunk in chunks:
            text = f"{chunk.title}. {chunk.text}"
            slack = max(0, len(text) - WINDOW_CHARS)
            for number in range(each):
                start = round(slack * number / max(1, each - 1))
                yield chunk.id, text[start : start + WINDOW_CHARS]

"""Generation that reads little and writes little: few chunks, a kept prefix, one sentence, streamed.

The prompt has its stable part first (instructions, then passages) and the question last. A model that keeps
what it has read, as llama.cpp does, then reads only what differs from the request before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry import trace

from harness import semconv
from harness.assistant import Chunk, Question
from harness.models.engines.language_model import LanguageModel
from harness.stages.pointer import pointer_joined
from harness.stages.prompt import passages, stuffed_prompt
from harness.stages.stop_rule import first_sentence

MAX_TOKENS = 64  # twice a long answer: only a model that has lost its way gets there
PROMPT_TOKENS = (
    1024  # five chunks and a question have about 600; half of a context of 2048 is a limit
)


@dataclass(frozen=True)
class LlamaGeneration:
    """One sentence from as many chunks as fit, its pointer "[2] " in the first piece.

    The pointer is what post-processing cites by; the wrapper `HiddenPointer` keeps it from the user's eyes.
    max_tokens: limit of the answer. prompt_tokens: limit of the prompt; the last chunks are left out first.
    """

    model: LanguageModel
    max_tokens: int = MAX_TOKENS
    prompt_tokens: int = PROMPT_TOKENS

    def __call__(self, question: Question, chunks: list[Chunk]) -> Iterator[str]:
        prompt, tokens = trimmed(self.model, question, chunks, self.prompt_tokens)
        self._describe(tokens)
        yield from first_sentence(pointer_joined(self.model.stream(prompt, self.max_tokens)))

    def fresh(self) -> None:
        """As before the first request: the instructions are read, and nothing of anybody's question."""
        self.model.warm(passages([]))

    def _describe(self, prompt_tokens: int) -> None:
        trace.get_current_span().set_attributes(
            {
                semconv.OPERATION: "text_completion",
                semconv.PROVIDER: "under500",
                semconv.REQUEST_MODEL: self.model.name,
                semconv.MAX_TOKENS: self.max_tokens,
                semconv.INPUT_TOKENS: prompt_tokens,
            }
        )


def trimmed(
    model: LanguageModel, question: Question, chunks: list[Chunk], limit: int
) -> tuple[str, int]:
    """The prompt with the first chunks, as many as keep it within `limit` tokens, and its length.

    One chunk always stays: without it there is nothing to answer from. The numbers of the rest stay, too.
    """
    for count in range(len(chunks), -1, -1):
        prompt = stuffed_prompt(question, chunks[:count])
        tokens = model.count(prompt)
        if tokens <= limit or count <= 1:
            break
    return prompt, tokens

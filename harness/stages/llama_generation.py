"""Fast generation: few chunks, a reused prompt prefix, one sentence, streamed.

The prompt has its stable part first (instructions, then passages) and the question last. A model that keeps
its prefix in memory, as llama.cpp does, then reads only what differs from the previous request.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry import trace

from harness import semconv
from harness.assistant import Chunk, Question
from harness.models.engines.language_model import LanguageModel
from harness.stages.prompt import join_pointer, passages, stuffed_prompt
from harness.stages.stop_rule import first_sentence

MAX_TOKENS = 64  # twice a long answer; only a degenerate output reaches it
PROMPT_TOKENS = 1024  # half of a context of 2048; five chunks and a question have about 600


@dataclass(frozen=True)
class LlamaGeneration:
    """A generate stage: one sentence from as many chunks as fit, with its pointer "[2] " in the first piece.

    Post-processing needs the pointer for the citation; the wrapper `HiddenPointer` removes it for the user.
    max_tokens: limit of the answer. prompt_tokens: limit of the prompt; the last chunks are dropped first.
    """

    model: LanguageModel
    max_tokens: int = MAX_TOKENS
    prompt_tokens: int = PROMPT_TOKENS

    def __call__(self, question: Question, chunks: list[Chunk]) -> Iterator[str]:
        prompt, tokens = trimmed(self.model, question, chunks, self.prompt_tokens)
        self._describe(tokens)
        yield from first_sentence(join_pointer(self.model.stream(prompt, self.max_tokens)))

    def fresh(self) -> None:
        """Reset the model to its state before the first request, with only the instructions read."""
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
    """Return the prompt with as many first chunks as fit into `limit` tokens, and its length in tokens.

    At least one chunk stays, as without it there is nothing to answer from. The remaining chunks keep their
    numbers.
    """
    for count in range(len(chunks), -1, -1):
        prompt = stuffed_prompt(question, chunks[:count])
        tokens = model.count(prompt)
        if tokens <= limit or count <= 1:
            break
    return prompt, tokens

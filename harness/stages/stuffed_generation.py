"""Generation of the baseline: every retrieved chunk goes into the prompt, and nothing is streamed.

It is slow for realistic reasons: fp32 weights, five chunks to read before the first token, nothing streamed,
nothing kept between requests, a generous token limit and no stop rule. The model answers in its first
sentence and rambles on; post-processing discards the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from opentelemetry import trace

from harness import semconv
from harness.assistant import Chunk, Question
from harness.models.engines.language_model import LanguageModel
from harness.stages.prompt import stuffed_prompt


@dataclass(frozen=True)
class StuffedGeneration:
    """A generate stage that always writes `max_tokens` tokens from a prompt with every chunk."""

    model: LanguageModel
    max_tokens: int

    def __call__(self, question: Question, chunks: list[Chunk]) -> Iterator[str]:
        prompt = stuffed_prompt(question, chunks)
        trace.get_current_span().set_attributes(
            {
                semconv.OPERATION: "text_completion",
                semconv.PROVIDER: "under500",
                semconv.REQUEST_MODEL: self.model.name,
                semconv.MAX_TOKENS: self.max_tokens,
                semconv.INPUT_TOKENS: self.model.count(prompt),
                semconv.OUTPUT_TOKENS: self.max_tokens,  # without a stop rule the limit is always reached
            }
        )
        yield from self.model.stream(prompt, self.max_tokens, stop_at_end=False)

"""Prompts whose answer is in their only passage, so that a draft has something to repeat."""

from __future__ import annotations

from harness.kb.articles import chunks
from harness.kb.questions import draw
from harness.models.engines.llama_context import LlamaContext
from harness.stages.prompt import stuffed_prompt

DRAWN = 2  # times as many questions as are asked for: one in ten cannot be answered


def gold_prompts(context: LlamaContext, n: int, seed: int) -> list[list[int]]:
    """Return the tokens of `n` prompts: an answerable question of the `dev` split and its gold passage."""
    passages = {chunk.id: chunk for chunk in chunks()}
    drawn = draw("dev", DRAWN * n, seed, history_turns=0)
    cases = [case for case in drawn if case.answerable][:n]
    texts = (stuffed_prompt(case.question, [passages[case.gold]]) for case in cases)
    return [context.tokens(text) for text in texts]

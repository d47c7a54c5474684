"""Speculative decoding: a draft of a few tokens, which the model checks in one step.

The model keeps the tokens it would have generated itself, so the text equals that of greedy decoding
(Y. Leviathan, M. Kalman, Y. Matias, 2023, for greedy choices). It pays off if checking n tokens costs little
more than checking one and if the drafts are mostly right; both have to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from harness.errors import WrongUseError
from harness.models.engines.llama_context import LlamaContext

Draft = Callable[[Sequence[int]], list[int]]  # tokens so far -> tokens that may follow, or none

DRAFTED = 4  # tokens per draft; on a CPU every further token to check costs time


@dataclass(frozen=True)
class ModelDraft:
    """A `Draft` function: a smaller model with the same tokenizer proposes the next `length` tokens."""

    context: LlamaContext
    length: int = DRAFTED

    def __call__(self, tokens: Sequence[int]) -> list[int]:
        """Return a draft. The small model reads only new tokens and drops those the large one rejected."""
        self.context.read(tokens)
        return list(islice(self.context.greedy(), self.length))


def speculative(context: LlamaContext, draft: Draft) -> Iterator[int]:
    """Yield the same tokens as `context.greedy()`, several per step where the draft is right."""
    token = int(context.scores().argmax())
    while True:
        yield token
        room = context.n_ctx - len(context.seen) - 1
        if room < 0:
            return
        n_read = len(context.seen) + 1  # with `token`
        drafted = draft([*context.seen, token])[:room]
        *agreed, token = accepted(drafted, context.choices([token, *drafted]))
        context.keep(n_read + len(agreed))
        yield from agreed


def accepted(drafted: Sequence[int], choices: Sequence[int]) -> list[int]:
    """Return the tokens that the model would have generated: the agreeing part of the draft and one more.

    choices: the model's greedy token after each of drafted[:0], drafted[:1], ..., so one more than drafted.
    The result is never empty. Raises WrongUseError for another number of choices.
    """
    if len(choices) != len(drafted) + 1:
        raise WrongUseError(
            f"A draft of {len(drafted)} tokens needs {len(drafted) + 1} choices, not {len(choices)}."
        )
    agreed = takewhile(lambda pair: pair[0] == pair[1], zip(drafted, choices, strict=False))
    return list(choices[: len(list(agreed)) + 1])

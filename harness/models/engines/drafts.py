"""Speculative decoding: somebody guesses a few tokens, the model checks them all in one step.

The model keeps what it would have written itself, so the text is that of plain greedy decoding (Y. Leviathan,
M. Kalman, Y. Matias, 2023, for greedy choices). It pays where checking n tokens costs little more than
checking one, and where the guesses are mostly right; both are to be measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile

from harness.errors import WrongUseError
from harness.models.engines.llama_context import LlamaContext

Draft = Callable[[Sequence[int]], list[int]]  # tokens so far -> tokens that may follow, or none

DRAFTED = 4  # tokens: on a CPU every further one to check has its price


@dataclass(frozen=True)
class ModelDraft:
    """A smaller model with the same tokenizer guesses the next `length` tokens."""

    context: LlamaContext
    length: int = DRAFTED

    def __call__(self, tokens: Sequence[int]) -> list[int]:
        """Reads only what it has not seen; what the large model refused is dropped again."""
        self.context.read(tokens)
        return list(islice(self.context.greedy(), self.length))


def speculative(context: LlamaContext, draft: Draft) -> Iterator[int]:
    """The same tokens as `context.greedy()`, several a step where the draft is right."""
    token = int(context.scores().argmax())
    while True:
        yield token
        room = context.n_ctx - len(context.seen) - 1
        if room < 0:
            return
        known = len(context.seen) + 1
        drafted = draft([*context.seen, token])[:room]
        *kept, token = accepted(drafted, context.choices([token, *drafted]))
        context.keep(known + len(kept))
        yield from kept


def accepted(drafted: Sequence[int], choices: Sequence[int]) -> list[int]:
    """What the model would have written: the draft as far as it agrees, and one token of its own.

    choices: the model's greedy token after each of drafted[:0], drafted[:1], ..., so one more than drafted.
    Never empty. Raises WrongUseError for another number of choices.
    """
    if len(choices) != len(drafted) + 1:
        raise WrongUseError(
            f"A draft of {len(drafted)} tokens needs {len(drafted) + 1} choices, not {len(choices)}."
        )
    agreed = takewhile(lambda pair: pair[0] == pair[1], zip(drafted, choices, strict=False))
    return list(choices[: len(list(agreed)) + 1])

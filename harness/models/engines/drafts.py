"""Speculative decoding: a draft of a few tokens, which the model checks in one step.

The model keeps the tokens it would have generated itself, so the text equals that of greedy decoding (Y.
Leviathan, M. Kalman, Y. Matias, 2023, for greedy choices), except where two tokens score the same within
rounding: a step of several tokens rounds in another order than a step of one. It pays off if checking n
tokens costs little more than checking one and if the drafts are mostly right; both have to be measured.
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
        """Return a draft, empty where the tokens do not fit into the small model's context.

        It reads only new tokens and drops those the large one rejected.
        """
        if len(tokens) > self.context.n_ctx:
            return []
        self.context.read(tokens)
        return list(islice(self.context.greedy(), self.length))


def opened(context: LlamaContext, prompt: Sequence[int], opening: Sequence[int]) -> list[int]:
    """Read `prompt` with a draft of its answer in the same step, and return the answer's first tokens.

    All returned tokens but the last are read. opening: the draft; tokens that the model would not have
    generated are dropped. Raises WrongUseError for a prompt longer than the context.
    """
    drafted = opening[: max(0, context.n_ctx - len(prompt))]
    following = accepted(drafted, context.read_ahead(prompt, drafted))
    context.keep(len(prompt) + len(following) - 1)
    return following


def nothing(tokens: Sequence[int]) -> list[int]:
    """Return an empty draft."""
    return []


def speculative(
    context: LlamaContext, draft: Draft, first: Sequence[int] | None = None
) -> Iterator[int]:
    """Yield the tokens of `context.greedy()`, within rounding; several per step where the draft is right.

    first: the first tokens if they are known, all but the last of them read (see `opened`).
    """
    *opening, token = first or [int(context.scores().argmax())]
    yield from opening
    while True:
        yield token
        room = context.n_ctx - len(context.seen) - 1
        if room < 0:
            return
        n_read = len(context.seen) + 1  # with `token`
        drafted = draft([*context.seen, token])[:room] if room else []
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

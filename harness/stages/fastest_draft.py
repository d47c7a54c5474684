"""The choice of a draft at load: none, or prompt lookup with so many tokens.

Checking n tokens in one step takes hardly longer than one token on some CPUs, and n times as long on others.
Whether drafts pay depends on the machine, the model and the text. Two things decide: the time of a step by
its number of tokens, measured here, and how many tokens of a draft are right. The latter needs no model: it
is counted on answers of the `train` split, which the tuned models repeat almost word for word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from harness.kb.articles import articles
from harness.kb.questions import draw
from harness.models.engines.drafts import Draft, accepted
from harness.models.engines.llama_context import LlamaContext
from harness.models.engines.llama_model import LlamaModel
from harness.models.engines.step_times import verify_ms
from harness.stages.prompt import stuffed_prompt, with_pointer
from harness.stages.prompt_lookup import draft as prompt_lookup

LENGTHS = (1, 2, 3, 4, 6)  # tokens of a draft
# Every size, as a lookup near the end of the text gives fewer tokens than asked for.
SIZES = range(1, max(LENGTHS) + 2)
ROUNDS = 5  # of each size of a step, in turn; the median tolerates two interruptions
ANSWERS, SEED = 20, 6407  # two in twenty are refusals, which repeat nothing and are left out
# Of the time without drafts: a smaller gain is within the error. The ratio of two medians of five steps has
# a standard deviation of 7 to 12 % (12 runs, 2 cores of an AMD EPYC, Q8_0).
WORTH = 0.9
END = -1  # no token: what follows an answer

Text = tuple[list[int], list[int]]  # tokens of a prompt and of its answer


@dataclass(frozen=True, slots=True)
class DraftChoice:
    """The draft that answers soonest.

    length: tokens of a draft, 0 for none. step_ms: the time of a step by the tokens that it checks.
    answer_ms, tokens_a_step: means by length, the former of the time to write an answer.
    """

    length: int
    step_ms: Mapping[int, float]
    answer_ms: Mapping[int, float]
    tokens_a_step: Mapping[int, float]

    @property
    def draft(self) -> Draft | None:
        """Return the draft, None if the model writes sooner without."""
        return partial(prompt_lookup, length=self.length) if self.length else None

    def __str__(self) -> str:
        best = min((n for n in self.answer_ms if n), key=self.answer_ms.__getitem__)
        change = self.answer_ms[best] / self.answer_ms[0] - 1
        effect = f"an answer takes {abs(change):.0%} {'less' if change < 0 else 'more'} time"
        return (
            f"lookup of {best}: {effect}"
            if self.length
            else f"none; with a lookup of {best} {effect}"
        )


def with_fastest_draft(model: LlamaModel) -> LlamaModel:
    """Return `model` with the draft that answers soonest here; takes a prompt and 70 steps of the model."""
    model.draft = fastest_draft(model.context, model.opening).draft
    return model


def fastest_draft(context: LlamaContext, opening: Sequence[int] = ()) -> DraftChoice:
    """Measure the steps of `context`, and return the choice; clears the context.

    opening: tokens of an answer that are read with the prompt.
    """
    texts = list(_texts(context))
    step_ms = verify_ms(context, texts[0][0], SIZES, ROUNDS)
    context.forget()
    return choose(step_ms, texts, opening)


def choose(
    step_ms: Mapping[int, float], texts: Sequence[Text], opening: Sequence[int] = ()
) -> DraftChoice:
    """Return the choice from the time of a step by its tokens, and prompts with their answers, in tokens."""
    sizes = {length: _sizes_of(length, texts, opening) for length in (0, *LENGTHS)}
    answer_ms = {n: sum(step_ms[size] for size in s) / len(texts) for n, s in sizes.items()}
    written = sum(len(answer) - _agreeing(opening, answer) for _, answer in texts)
    best = min(answer_ms, key=answer_ms.__getitem__)
    return DraftChoice(
        length=best if answer_ms[best] < WORTH * answer_ms[0] else 0,
        step_ms=step_ms,
        answer_ms=answer_ms,
        tokens_a_step={n: written / len(s) for n, s in sizes.items()},
    )


def _sizes_of(length: int, texts: Sequence[Text], opening: Sequence[int]) -> list[int]:
    """Return the tokens of every step that writes the answers with drafts of `length` tokens."""
    return [size for text in texts for size in _sizes(length, *text, opening)]


def _sizes(
    length: int, prompt: list[int], answer: list[int], opening: Sequence[int]
) -> Iterator[int]:
    written = _agreeing(opening, answer)  # these come with the prompt
    while written < len(answer):
        seen = [*prompt, *answer[:written]]
        drafted = prompt_lookup(seen, length=length) if length else []
        written += _agreeing(drafted, answer[written:])
        yield 1 + len(drafted)


def _agreeing(drafted: Sequence[int], following: Sequence[int]) -> int:
    """Return how many tokens one step writes: those drafted that are right, and one more."""
    choices = [*following[: len(drafted) + 1], *[END] * (len(drafted) + 1 - len(following))]
    return min(len(accepted(drafted, choices)), len(following))


def _texts(context: LlamaContext) -> Iterator[Text]:
    """Yield prompts with the right passage, and the right answers to them."""
    by_id = {article.chunk.id: article.chunk for article in articles()}
    for case in draw("train", ANSWERS, SEED, history_turns=0):
        if case.gold:
            prompt = stuffed_prompt(case.question, [by_id[case.gold]])
            answer = with_pointer(1, case.reference)
            yield context.tokens(prompt), [*context.tokens(answer), context.end]

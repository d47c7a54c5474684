"""Options to choose from: the same assistant with another model, another prompt, another end.

All answer the same questions in turn, through HTTP, and are judged on the answers that were timed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from opentelemetry import trace
from tqdm.auto import tqdm

from harness import baseline, semconv
from harness.assistant import Chunk, Question
from harness.kb.articles import chunks
from harness.kb.questions import Case
from harness.measure.latency.faults import visible
from harness.measure.latency.journey import WARM_UP, Stop, answers
from harness.measure.quality.quality import judge
from harness.measure.latency.stats import Interval, Proportion, bootstrap_ratio
from harness.measure.latency.timing import Timing
from harness.models.engines.language_model import LanguageModel
from harness.models.engines.question_embedder import question_embedder
from harness.pipeline import Pipeline
from harness.serve.entry import Entry
from harness.serve.network import KEEP_ALIVE
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.exact_search import ExactSearch
from harness.stages.llama_generation import PROMPT_TOKENS, trimmed
from harness.stages.pointer import pointer_joined
from harness.stages.prompt import passages
from harness.stages.question_embedding import QuestionEmbedding
from harness.stages.question_filter import QuestionFilter
from harness.stages.stop_rule import SENTENCE_END, SURE_END
from harness.wrappers.hidden_pointer import HiddenPointer

# Tokens: half as many again as a limit of 64 pieces, for a broken model writes bytes that make no piece.
LONGEST = 96
SPEECHLESS = (
    "(no words)"  # shown for a model that writes none: a wrong answer, not a failed request
)

Stopping = Callable[[Iterator[str]], Iterator[str]]


def ended(text: str) -> bool:
    """True once `text` holds a whole sentence: "It lasts 7." may go on with a 5, "7.5 hours." may not."""
    return bool(SURE_END.search(text) or SENTENCE_END.search(text))


@dataclass(frozen=True)
class Writing:
    """A generation stage whose end is decided by `until` alone: pieces of the model -> of the answer.

    The model itself is not stopped at the end of its turn: it goes on, as the slow assistant's does.
    """

    model: LanguageModel
    until: Stopping

    def __call__(self, question: Question, found: list[Chunk]) -> Iterator[str]:
        prompt, tokens = trimmed(self.model, question, found, PROMPT_TOKENS)
        trace.get_current_span().set_attributes(
            {semconv.REQUEST_MODEL: self.model.name, semconv.INPUT_TOKENS: tokens}
        )
        pieces = self.model.stream(prompt, LONGEST, stop_at_end=False)
        text = ""
        for piece in pointer_joined(self.until(pieces)):
            text += piece
            yield piece
        if not visible(text):
            yield SPEECHLESS

    def fresh(self) -> None:
        """As before the first request: the instructions are read, and nothing else."""
        self.model.warm(passages([]))


@dataclass(frozen=True)
class SharedStages:
    """What all options share: the search, as a later lab builds it."""

    embed: QuestionEmbedding
    find: ExactSearch

    @classmethod
    def open(cls) -> SharedStages:
        """Raises StoreError when the vectors are not built."""
        about = QuestionFilter(chunks())
        search = ExactSearch(chunks(), baseline.knowledge_vectors(), about)
        return cls(QuestionEmbedding(question_embedder()), search)

    def option(self, name: str, model: LanguageModel, k: int, until: Stopping) -> Entry:
        """An assistant that answers from `k` passages, one round trip away (SIM), remembering nothing."""
        writing = Writing(model, until)
        stages = Pipeline(self.embed, self.find, writing, CitedPostprocess(), k=k, streaming=True)
        return Entry(name, HiddenPointer(stages), KEEP_ALIVE, forget=writing.fresh)


@dataclass(frozen=True)
class Measured:
    """One option: end-to-end ms, right or wrong, and the answer's text for each question, in their order."""

    name: str
    e2e_ms: tuple[float, ...]
    right: tuple[bool, ...]
    texts: tuple[str, ...]

    @property
    def p50_ms(self) -> float:
        """End-to-end, median."""
        return float(np.median(self.e2e_ms))

    @property
    def share(self) -> Proportion:
        """Right answers: the fact where there is one, a refusal where there is none."""
        return Proportion(sum(self.right), len(self.right))

    def times_faster(self, reference: Measured) -> Interval:
        """95 % interval of the ratio of medians to `reference`, paired by question; n at least 5."""
        return bootstrap_ratio(reference.e2e_ms, self.e2e_ms)


def measured(entries: Sequence[Entry], cases: Sequence[Case]) -> list[Measured]:
    """Every entry on every case but the first, in turn; a progress bar, because it takes a while.

    Raises FaultyStepError for a request that went wrong.
    """
    turns = answers([Stop(entry) for entry in entries], cases)
    rows = list(tqdm(turns, "questions", total=len(cases) - WARM_UP))
    asked, columns = cases[WARM_UP:], zip(*rows, strict=True)
    return [_judged(entry.name, asked, c) for entry, c in zip(entries, columns, strict=True)]


def _judged(name: str, cases: Sequence[Case], timings: Sequence[Timing]) -> Measured:
    pairs = list(zip(cases, timings, strict=True))
    return Measured(
        name,
        tuple(timing.e2e_ms for timing in timings),
        tuple(judge(case, timing.answer).right for case, timing in pairs),
        tuple(timing.answer.text for timing in timings),
    )

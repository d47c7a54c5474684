"""The options of lab 03: one assistant with different models, numbers of passages and stop rules.

All options answer the same questions, interleaved and through HTTP. The answers that are timed are also the
ones that are judged.
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
from harness.measure.latency.journey import WARM_UP, JourneyStep, interleaved_timings
from harness.measure.latency.timing import Timing
from harness.measure.quality.quality import judge
from harness.measure.stats import Interval, Proportion, bootstrap_ratio
from harness.models.engines.language_model import LanguageModel
from harness.models.engines.question_embedder import question_embedder
from harness.pipeline import Pipeline
from harness.serve.entry import Entry
from harness.serve.network import KEEP_ALIVE
from harness.stages.cited_postprocess import CitedPostprocess
from harness.stages.exact_search import ExactSearch
from harness.stages.llama_generation import PROMPT_TOKENS, trimmed
from harness.stages.prompt import join_pointer, passages
from harness.stages.question_embedding import QuestionEmbedding
from harness.stages.question_filter import QuestionFilter
from harness.stages.stop_rule import SENTENCE_END, SURE_END
from harness.wrappers.hidden_pointer import HiddenPointer

# Tokens. One and a half times the limit of 64 pieces: a broken model writes bytes that make up no piece.
MAX_TOKENS = 96
# In place of an empty answer, so that it counts as a wrong answer and not as a failed request.
NO_WORDS = "(no words)"

StopRule = Callable[[Iterator[str]], Iterator[str]]  # pieces of the model -> pieces of the answer


def ended(text: str) -> bool:
    """Return True once `text` holds a whole sentence.

    "It lasts 7." may go on with a 5, so it is not complete; "It lasts 7.5 hours." is.
    """
    return bool(SURE_END.search(text) or SENTENCE_END.search(text))


@dataclass(frozen=True)
class StoppedGeneration:
    """A generation stage that ends only where `stop_rule` ends it.

    The model does not stop at the end of its turn: it goes on, as the slow assistant's does.
    """

    model: LanguageModel
    stop_rule: StopRule

    def __call__(self, question: Question, chunks: list[Chunk]) -> Iterator[str]:
        prompt, tokens = trimmed(self.model, question, chunks, PROMPT_TOKENS)
        trace.get_current_span().set_attributes(
            {semconv.REQUEST_MODEL: self.model.name, semconv.INPUT_TOKENS: tokens}
        )
        pieces = self.model.stream(prompt, MAX_TOKENS, stop_at_end=False)
        text = ""
        for piece in join_pointer(self.stop_rule(pieces)):
            text += piece
            yield piece
        if not visible(text):
            yield NO_WORDS

    def forget(self) -> None:
        """Return the model to its state before the first request: only the instructions are prefilled."""
        self.model.warm(passages([]))


@dataclass(frozen=True)
class SharedStages:
    """The stages that all options share: question embedding and exact search, as built in lab 06."""

    embed: QuestionEmbedding
    retrieve: ExactSearch

    @classmethod
    def open(cls) -> SharedStages:
        """Load the stages. Raises StoreError if the vectors are not built."""
        search = ExactSearch(chunks(), baseline.knowledge_vectors(), QuestionFilter(chunks()))
        return cls(QuestionEmbedding(question_embedder()), search)

    def option(self, name: str, model: LanguageModel, k: int, stop_rule: StopRule) -> Entry:
        """Return an assistant that answers from `k` passages and keeps nothing between requests.

        It is one network round trip (SIM) away.
        """
        generation = StoppedGeneration(model, stop_rule)
        stages = Pipeline(
            self.embed, self.retrieve, generation, CitedPostprocess(), k=k, streaming=True
        )
        return Entry(name, HiddenPointer(stages), KEEP_ALIVE, forget=generation.forget)


@dataclass(frozen=True)
class MeasuredOption:
    """The measurements of one option, one value per question and in the order of the questions."""

    name: str
    e2e_ms: tuple[float, ...]
    right: tuple[bool, ...]
    texts: tuple[str, ...]

    @property
    def p50_ms(self) -> float:
        """Return the median end-to-end time in ms."""
        return float(np.median(self.e2e_ms))

    @property
    def share(self) -> Proportion:
        """Return the share of right answers: the fact if there is one, a refusal if there is none."""
        return Proportion(sum(self.right), len(self.right))

    def times_faster(self, reference: MeasuredOption) -> Interval:
        """Return the 95 % interval of the ratio of medians, `reference` to this option.

        The bootstrap is paired by question and needs at least 5 of them.
        """
        return bootstrap_ratio(reference.e2e_ms, self.e2e_ms)


def measure(entries: Sequence[Entry], cases: Sequence[Case]) -> list[MeasuredOption]:
    """Measure every entry on every case but the first, which warms up; entries take turns.

    Shows a progress bar. Raises FaultyStepError if a request fails.
    """
    rounds = interleaved_timings([JourneyStep(entry) for entry in entries], cases)
    rows = list(tqdm(rounds, "questions", total=len(cases) - WARM_UP))
    columns = zip(*rows, strict=True)
    return [
        _judged(entry.name, cases[WARM_UP:], timings)
        for entry, timings in zip(entries, columns, strict=True)
    ]


def _judged(name: str, cases: Sequence[Case], timings: Sequence[Timing]) -> MeasuredOption:
    pairs = list(zip(cases, timings, strict=True))
    return MeasuredOption(
        name,
        tuple(timing.e2e_ms for timing in timings),
        tuple(judge(case, timing.answer).right for case, timing in pairs),
        tuple(timing.answer.text for timing in timings),
    )

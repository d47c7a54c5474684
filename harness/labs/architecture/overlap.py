"""Pipelines that prefill the model's instructions after the search, or at the same time.

The instructions are the same for every question, so their prefill need not wait for the search. Two tasks
that run at the same time take as long as the longer one instead of the sum, if there are cores for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from opentelemetry import context, trace

from harness.assistant import Chunk, Query, Question
from harness.pipeline import Pipeline

tracer = trace.get_tracer("under500")
PREFILL_SPAN = "prefill instructions"  # the span of what runs at the same time as the search


def one_after_the_other(pipeline: Pipeline) -> Pipeline:
    """Return `pipeline` with a model that forgets everything before it generates.

    It starts each answer in the state that another user's request would leave behind.
    """

    def generate(question: Question, chunks: list[Chunk]) -> Iterator[str]:
        pipeline.generate.model.forget()
        return pipeline.generate(question, chunks)

    return replace(pipeline, generate=generate)


def side_by_side(pipeline: Pipeline, pool: Executor) -> Pipeline:
    """Return the same pipeline, except that `pool` prefills the instructions once a question arrives."""
    ahead = _PrefillAhead(pipeline, pool)
    return replace(pipeline, preprocess=ahead.preprocess, generate=ahead.generate)


@dataclass
class _PrefillAhead:
    """The stages that start the prefill and wait for it. It serves one request at a time, as a model does."""

    pipeline: Pipeline
    pool: Executor
    _prefill: Future[None] | None = field(default=None, repr=False)

    def preprocess(self, question: Question) -> Query:
        self._prefill = self.pool.submit(self._prefill_instructions, context.get_current())
        return self.pipeline.preprocess(question)

    def generate(self, question: Question, chunks: list[Chunk]) -> Iterator[str]:
        if self._prefill:
            self._prefill.result()  # a model serves one thread at a time
        yield from self.pipeline.generate(question, chunks)

    def _prefill_instructions(self, parent: context.Context) -> None:
        with tracer.start_as_current_span(PREFILL_SPAN, parent):
            self.pipeline.generate.model.forget()
            self.pipeline.generate.fresh()

"""Two things at once: the model reads its instructions while the search still looks for the passage.

The instructions are the same for every question, so they need not wait for one. What is done side by side
costs the longer of the two, the critical path, instead of the sum, as far as there are cores for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace

from opentelemetry import context, trace

from harness.assistant import Chunk, Query, Question
from harness.pipeline import Pipeline

tracer = trace.get_tracer("under500")
READING = "read instructions"  # span: what runs beside the search


def one_after_the_other(pipeline: Pipeline) -> Pipeline:
    """`pipeline` with a model that has forgotten everything when its turn comes, as after another user's."""

    def generate(question: Question, chunks: list[Chunk]) -> Iterator[str]:
        pipeline.generate.model.forget()
        return pipeline.generate(question, chunks)

    return replace(pipeline, generate=generate)


def side_by_side(pipeline: Pipeline, pool: Executor) -> Pipeline:
    """The same, but the instructions are read in `pool` from the moment that the question is there."""
    ahead = _ReadAhead(pipeline, pool)
    return replace(pipeline, preprocess=ahead.preprocess, generate=ahead.generate)


@dataclass
class _ReadAhead:
    """Between the two stages: what is being read. One request at a time, like the model itself."""

    pipeline: Pipeline
    pool: Executor
    _reading: Future[None] | None = field(default=None, repr=False)

    def preprocess(self, question: Question) -> Query:
        self._reading = self.pool.submit(self._read, context.get_current())
        return self.pipeline.preprocess(question)

    def generate(self, question: Question, chunks: list[Chunk]) -> Iterator[str]:
        if self._reading:
            self._reading.result()  # one model, one thread at a time
        yield from self.pipeline.generate(question, chunks)

    def _read(self, where: context.Context) -> None:
        with tracer.start_as_current_span(READING, where):
            self.pipeline.generate.model.forget()
            self.pipeline.generate.fresh()

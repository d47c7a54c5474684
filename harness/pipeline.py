"""The pipeline: four stages in sequence, each with its own span.

A stage is any callable of the right shape. To replace one, use `dataclasses.replace`:

    faster = replace(baseline, retrieve=HnswSearch(...))
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from opentelemetry import trace
from opentelemetry.trace import Span

from harness import semconv
from harness.assistant import Answer, Chunk, Done, Event, Query, Question, Token, check_question

tracer = trace.get_tracer("under500")


class Preprocess(Protocol):
    """A stage: Question -> Query, the cleaned text and its vector."""

    def __call__(self, question: Question) -> Query: ...


class Retrieve(Protocol):
    """A stage: Query, k -> the k chunks nearest in meaning, best first."""

    def __call__(self, query: Query, k: int) -> list[Chunk]: ...


class Generate(Protocol):
    """A stage: Question, chunks -> pieces of text as they are produced."""

    def __call__(self, question: Question, chunks: list[Chunk]) -> Iterator[str]: ...


class Postprocess(Protocol):
    """A stage: Question, chunks, generated text -> Answer with final text, citations and flags."""

    def __call__(self, question: Question, chunks: list[Chunk], text: str) -> Answer: ...


@dataclass(frozen=True)
class Pipeline:
    """The support assistant on the server: preprocess, retrieve, generate, postprocess.

    k: number of chunks in the prompt.
    streaming: yield pieces as they are produced; otherwise the final text is yielded at the end.
    """

    preprocess: Preprocess
    retrieve: Retrieve
    generate: Generate
    postprocess: Postprocess
    k: int = 5
    streaming: bool = False

    def stream(self, question: Question) -> Iterator[Event]:
        """Yield the answer's events. Raises BadQuestionError for a question that is empty or too long."""
        check_question(question)
        with_span = tracer.start_as_current_span
        with with_span(semconv.PREPROCESS):
            query = self.preprocess(question)
        with with_span(semconv.RETRIEVE) as span:
            chunks = self.retrieve(query, self.k)
            span.set_attribute(semconv.CHUNKS, [chunk.id for chunk in chunks])
        text = yield from self._generate(Question(query.text, question.id), chunks)
        with with_span(semconv.POSTPROCESS):
            answer = self.postprocess(question, chunks, text)
        if not self.streaming and answer.text:
            yield Token(answer.text)
        yield Done(answer)

    def _generate(self, question: Question, chunks: list[Chunk]) -> Iterator[Event]:
        """Generate the text and return it; yield its pieces if streaming."""
        span = tracer.start_span(semconv.GENERATE)
        pieces: list[str] = []
        started = time.perf_counter()
        try:
            for piece in _inside(span, self.generate(question, chunks)):
                if piece and not any(pieces):
                    elapsed = time.perf_counter() - started
                    span.set_attribute(semconv.TIME_TO_FIRST_CHUNK, elapsed)
                pieces.append(piece)
                if self.streaming and piece:
                    yield Token(piece)
        finally:
            span.set_attribute(semconv.PIECES, len(pieces))
            span.end()
        return "".join(pieces)


def _inside(span: Span, pieces: Iterator[str]) -> Iterator[str]:
    """Yield the pieces; `span` is current only while a piece is produced.

    A `with` around the loop would leave the span current in the code that reads the stream.
    """
    iterator = iter(pieces)
    while True:
        with trace.use_span(span):
            try:
                piece = next(iterator)
            except StopIteration:
                return
        yield piece

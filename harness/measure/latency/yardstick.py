"""The yardstick: fixed work that takes 500 ms on a machine where the slow baseline takes 3.2 s.

A stored limit in ms would fail honest work on a slow or busy machine. The yardstick slows down with the
machine: it does the same kinds of work as the baseline, in about the same proportions, calibrated once
beside it. It shares no code with the stages, so that a change to them does not change the limit; it uses
the baseline's model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from harness.assistant import Answer, Done, Event, Question, Token
from harness.knobs import YardstickWork
from harness.models.engines.embedding import DIMENSIONS
from harness.models.engines.torch_model import TorchModel, large
from harness.serve.entry import Entry
from harness.serve.network import Network

BAR_MS, BASELINE_MS = 500.0, 3200.0
SHARE = BAR_MS / BASELINE_MS
PROMPT = "Half a second is long enough. " * 9  # 64 tokens: a seventh of the baseline's prompt
ROWS = 20_000  # vectors that the Python loop reads, as many as the help centre has: 31 MB
SEED = 500
DONE = Answer("Five hundred milliseconds of work are done.")


@dataclass(frozen=True)
class Yardstick:
    """An assistant that does `work` for any question and answers that it is done."""

    work: YardstickWork
    model: TorchModel = field(default_factory=lambda: large())

    def stream(self, question: Question) -> Iterator[Event]:
        """Do the work and answer; the question is not used, so its length cannot change the limit."""
        _compare(self.work.rows)
        for _ in self.model.stream(PROMPT, self.work.tokens + 1, stop_at_end=False):
            pass  # the tokens are decoded but not shown
        yield Token(DONE.text)
        yield Done(DONE)


def yardstick(work: YardstickWork) -> Entry:
    """Return the yardstick as an entry at a distance of one round trip, `work.rtt_ms`."""
    network = Network(rtt_ms=work.rtt_ms, keep_alive=True, preflight=())
    return Entry("yardstick", Yardstick(work), network)


def _compare(rows: int) -> None:
    """Compare vectors in Python and NumPy in turn, as the baseline's search and post-processing do."""
    vectors = _vectors()
    query = vectors[0]
    scores = []
    for position in range(rows):
        vector = vectors[position % ROWS]
        scores.append((float(np.dot(vector, query) / np.linalg.norm(vector)), position))
    scores.sort(reverse=True)


@cache
def _vectors() -> np.ndarray:
    return np.random.default_rng(SEED).standard_normal((ROWS, DIMENSIONS), dtype=np.float32)

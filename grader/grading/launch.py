"""The launch that begins a graded run: products that nobody has seen, made for this one submission.

They follow from the course's secret and the submission, so a regrade asks about the same ones, and nothing
that a learner's code finds out in one run helps in another. The learner's process gets the articles and their
vectors, as a help centre has them. The questions stay with the referee.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grader.grading.speed_gate import NoYardstickError
from grader.remote.session import Session
from harness.assistant import Chunk
from harness.kb.articles import written
from harness.kb.new_world import new_world
from harness.kb.products import World

BATCH = 256  # chunks with their vectors in one message: half of what may be sent
EMBED_S = 60.0  # for one batch: ten times what it took on two busy cores
# cells of the learner's process, before and after the launch
OPEN, CLOSE = "from harness.kb.launched import launch as _launch", "del _launch"


@dataclass(frozen=True, slots=True)
class Launch:
    """A world, and what the learner's process gets of it: `batches` of chunks with their vectors (n, d)."""

    world: World
    batches: tuple[tuple[list[Chunk], np.ndarray], ...]

    def hand_over(self, learner: Session) -> None:
        """Add the products to the help centre of a process that has run no learner's code yet."""
        learner.cell(OPEN)
        launch = learner.value("_launch")
        for chunks, vectors in self.batches:
            launch(chunks, vectors)
        learner.cell(CLOSE)


def launched(seed: int, trusted: Session) -> Launch:
    """Return the launch that follows from `seed`, embedded in a process that runs no learner's code.

    The process, which is stopped before and afterwards, defines embedded(chunks). Raises NoYardstickError.
    """
    world = new_world(seed)
    usual_s, trusted.call_s = trusted.call_s, EMBED_S
    trusted.processes.thaw()
    try:
        embedded = trusted.value("embedded")
        batches = tuple((c, np.asarray(embedded(c))) for c in _batches(list(written(world))))
    except Exception as error:  # any error here is the grader's
        raise NoYardstickError(f"The new products could not be embedded ({error}).") from error
    finally:
        trusted.call_s = usual_s
        trusted.processes.freeze()
    return Launch(world, batches)


def _batches(chunks: list[Chunk]) -> Iterator[list[Chunk]]:
    for first in range(0, len(chunks), BATCH):
        yield chunks[first : first + BATCH]

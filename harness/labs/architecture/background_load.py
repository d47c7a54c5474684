"""Other users of the same server, in the background: requests that come at random times until the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from harness.assistant import Assistant, Question
from harness.errors import WrongUseError
from harness.measure.latency.timing import clocked

AT_ONCE = 4  # of their requests; whoever comes on top of that waits with them, not at the server


@contextmanager
def background_load(
    make: Callable[[], Assistant], questions: Sequence[Question], per_s: float, seed: int = 0
) -> Iterator[list[Question]]:
    """Ask `questions` over and over, `per_s` a second on average (Poisson); yields who was asked so far.

    make: called for each request, as an assistant serves one thread at a time. Raises WrongUseError for
    no questions or a rate that is not above 0.
    """
    if not questions or not per_s > 0:
        raise WrongUseError("Neighbours need at least one question and a rate above 0.")
    over, asked = threading.Event(), []
    gaps = np.random.default_rng(seed)

    def keep_asking(pool: ThreadPoolExecutor) -> None:
        while not over.wait(gaps.exponential(1 / per_s)):
            question = questions[len(asked) % len(questions)]
            asked.append(question)
            pool.submit(lambda one=question: clocked(make(), one))

    with ThreadPoolExecutor(AT_ONCE + 1, thread_name_prefix="neighbour") as pool:
        pool.submit(keep_asking, pool)
        try:
            yield asked
        finally:
            over.set()
            pool.shutdown(cancel_futures=True)

"""Background load: requests of other users of the same server, sent at random times."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np

from harness.assistant import Assistant, Question
from harness.errors import WrongUseError
from harness.measure.latency.timing import time_or_fault

AT_ONCE = 4  # requests in flight; further ones wait for a thread here, not at the server


@contextmanager
def background_load(
    make: Callable[[], Assistant], questions: Sequence[Question], per_s: float, seed: int = 0
) -> Iterator[list[Question]]:
    """Ask `questions` over and over until the block ends; yields the growing list of those sent.

    make: called for each request, because an assistant serves one thread at a time. per_s: average rate
    (Poisson). Errors of these requests are ignored. Raises WrongUseError if there are no questions or the
    rate is not above 0.
    """
    if not questions or not per_s > 0:
        raise WrongUseError("Background load needs at least one question and a rate above 0.")
    ended, sent = threading.Event(), []
    rng = np.random.default_rng(seed)

    def ask_until_the_end(pool: ThreadPoolExecutor) -> None:
        while not ended.wait(rng.exponential(1 / per_s)):
            question = questions[len(sent) % len(questions)]
            sent.append(question)
            pool.submit(lambda question=question: time_or_fault(make(), question))

    with ThreadPoolExecutor(AT_ONCE + 1, thread_name_prefix="background") as pool:
        pool.submit(ask_until_the_end, pool)
        try:
            yield sent
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)

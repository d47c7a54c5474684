"""One answer of the slow assistant before it is calibrated, so that a newcomer sees it early."""

from __future__ import annotations

from harness import baseline
from harness.kb.questions import draw
from harness.knobs import Knobs
from harness.measure.latency.timing import Timing, time_request
from harness.serve.deployment import Deployment

# What calibration came to on an AMD EPYC with two cores. Other machines take other times with it.
ROUGHLY = Knobs(rtt_ms=22, turns=4, scanned=50_000, max_tokens=28, comparisons=250)
SEED = 1


def first_answer(setting: Knobs = ROUGHLY) -> tuple[str, Timing]:
    """Return a question and its timed answer by the slow assistant over HTTP; the server is cold.

    Raises StoreError if vectors or model are not built yet.
    """
    question = next(c.question for c in draw("dev", 20, SEED) if c.answerable)
    with Deployment(baseline.pipeline(setting), baseline.network(setting)) as slow:
        return question.text, time_request(slow, question)


def told(text: str, timing: Timing) -> list[str]:
    """Return the sentences that show the question and its answer."""
    return [
        f"You: {text}",
        f"Assistant, {timing.e2e_ms / 1e3:.1f} s later: {timing.answer.text}",
        "(One request, cold, before calibration: the labs make this fast.)",
    ]

"""The steps that a learner measured, stored beside the predictions, to compare the memo's numbers with."""

from __future__ import annotations

import json
from pathlib import Path

from harness.learner import predictions
from harness.measure.latency.journey import Journey

FILE = "10-capstone.steps.json"


def keep_steps(journey: Journey) -> Journey:
    """Store the times of all steps in place of earlier ones, and return the journey."""
    _path().parent.mkdir(parents=True, exist_ok=True)
    times = {step.name: (step.ttft_ms.p50, step.e2e_ms.p50) for step in journey.steps}
    _path().write_text(json.dumps(times), encoding="utf-8")
    return journey


def kept_steps() -> dict[str, tuple[float, float]]:
    """Return (TTFT, end-to-end) p50 in ms by step; empty if none has been measured here."""
    try:
        times = json.loads(_path().read_text(encoding="utf-8"))
        return {name: (float(ttft), float(e2e)) for name, (ttft, e2e) in times.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _path() -> Path:
    return predictions.folder() / FILE

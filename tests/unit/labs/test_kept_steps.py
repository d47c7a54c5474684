"""What a learner measured in lab 10 is kept for the memo."""

import pytest

from harness.labs.capstone import kept_steps
from harness.measure.latency.journey import Journey, MeasuredStep, Times


def step(name, ttft_ms, e2e_ms):
    times = {"ttft_ms": Times(p50=ttft_ms, p90=None), "e2e_ms": Times(p50=e2e_ms, p90=None)}
    counts = dict.fromkeys(("exact", "answerable", "refused", "unanswerable"), 0)
    rest = {
        "cost": "",
        "detour": False,
        "division": "closed",
        "n": 5,
        "ratio": 1,
        "low": 1,
        "high": 1,
    }
    return MeasuredStep(name=name, **times, **rest, **counts)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(kept_steps.predictions, "folder", lambda: tmp_path)
    return tmp_path


def test_the_last_measurement_counts():
    for e2e_ms in (3200.0, 3100.0):
        kept_steps.keep_steps(Journey(steps=(step("slow", 90.0, e2e_ms),), machine="", code=""))
    assert kept_steps.kept_steps() == {"slow": (90.0, 3100.0)}


@pytest.mark.parametrize("text", ["", "[]", '{"slow": 3}', '{"slow": [null, 3]}'])
def test_a_damaged_file_is_as_none(home, text):
    (home / kept_steps.FILE).write_text(text)
    assert kept_steps.kept_steps() == {}
    (home / kept_steps.FILE).unlink()
    assert kept_steps.kept_steps() == {}

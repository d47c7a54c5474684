"""Prefill and decode, measured apart: what is timed, in which order, and the time of an answer."""

import numpy as np
import psutil
import pytest

from harness.labs.quantization.cpu_hog import cpu_hog
from harness.labs.quantization.phases import (
    Phases,
    best_step_ms,
    measure_phases,
    phases_by_threads,
    times_faster,
)
from harness.measure.model_files.quality_gate import MARGIN, MAX_KL, Candidate
from tests.clock import FakeClock

PROMPTS = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]


class Model:
    """Prefill takes `prefill` ms a token and decode `decode` ms a step, divided by the number of threads."""

    def __init__(self, clock, prefill, decode, name="", log=None):
        self.clock, self.prefill_ms, self.decode_ms = clock, prefill, decode
        self.name, self.log, self.threads = name, [] if log is None else log, 1

    def use_threads(self, decode, prefill):
        self.threads = decode

    def forget(self):
        self.log.append(self.name)

    def read(self, tokens):
        self.clock.go_on(self.prefill_ms * len(tokens) / self.threads)
        return 0

    def feed(self, tokens):
        self.clock.go_on(self.decode_ms / self.threads)

    def scores(self):
        return np.zeros(4)


@pytest.fixture
def clock():
    return FakeClock()


def test_every_context_measures_every_prompt_in_turn_after_a_warm_up(clock):
    log = []
    measured = measure_phases(
        {"a": Model(clock, 2, 10, "a", log), "b": Model(clock, 1, 5, "b", log)},
        PROMPTS,
        steps=4,
        now_ns=clock.now_ns,
    )
    assert log == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert measured["a"].prefill_ms == (6, 4, 8)
    assert measured["a"].step_ms == (10, 10, 10)
    assert measured["b"].step_p50_ms == 5
    assert measured["b"].answer_ms == tuple(p + 19 * 5 for p in (3, 2, 4))


def test_threads_are_tried_in_turn(clock):
    model = Model(clock, 1, 8)
    by_count = phases_by_threads(model, [1, 2, 3, 4], (1, 2), rounds=2, now_ns=clock.now_ns)
    assert (by_count[1].step_p50_ms, by_count[2].step_p50_ms) == (8, 4)
    assert len(by_count[1].prefill_ms) == 2
    assert best_step_ms(model, [1, 2], now_ns=clock.now_ns) == 4


def test_a_ratio_has_its_interval():
    ratio, interval = times_faster((10.0,) * 6, (5.0,) * 6)
    assert (ratio, interval.low, interval.high) == (2, 2, 2)
    assert Phases((4.0, 6.0), (1.0, 3.0)).prefill_p50_ms == 5


def test_a_cpu_hog_ends_with_its_block():
    before = len(psutil.Process().children())
    with cpu_hog(2):
        assert len(psutil.Process().children()) == before + 2
    assert len(psutil.Process().children()) == before


@pytest.mark.parametrize(
    ("kl", "worst", "passes", "why"),
    [
        (MAX_KL, -MARGIN, True, ""),
        (0.2, -0.01, False, "KL 0.200"),
        (0.001, -0.4, False, "answers at worst -40 points"),
        (0.2, -0.4, False, "KL 0.200, answers at worst -40 points"),
        (float("nan"), 0.0, False, "KL nan"),
    ],
)
def test_the_gate_names_what_fails(kl, worst, passes, why):
    candidate = Candidate("Q", 100.0, kl, worst)
    assert (candidate.passes, candidate.why_not) == (passes, why)

"""Reading and writing apart: who is timed, in which order, and what an answer costs."""

import numpy as np
import psutil
import pytest

from harness.labs.quantization.cpu_hog import cpu_hog
from harness.labs.quantization.phases import Phases, best_step_ms, by_threads, phases, times_faster
from harness.measure.model_files.quality_gate import MARGIN, MOST_KL, Candidate
from tests.clock import FakeClock

PROMPTS = [[1, 2, 3], [4, 5], [6, 7, 8, 9]]


class Model:
    """Reading takes `read` ms a token and writing `write` ms; threads divide both."""

    def __init__(self, clock, read, write, name="", log=None):
        self.clock, self.read_ms, self.write_ms = clock, read, write
        self.name, self.log, self.threads = name, [] if log is None else log, 1

    def use_threads(self, decode, prefill):
        self.threads = decode

    def forget(self):
        self.log.append(self.name)

    def read(self, tokens):
        self.clock.go_on(self.read_ms * len(tokens) / self.threads)
        return 0

    def feed(self, tokens):
        self.clock.go_on(self.write_ms / self.threads)

    def scores(self):
        return np.zeros(4)


@pytest.fixture
def clock():
    return FakeClock()


def test_every_prompt_is_read_by_all_in_turn_and_the_first_round_warms_up(clock):
    log = []
    found = phases(
        {"a": Model(clock, 2, 10, "a", log), "b": Model(clock, 1, 5, "b", log)},
        PROMPTS,
        steps=4,
        now_ns=clock.now_ns,
    )
    assert log == ["a", "b", "b", "a", "a", "b", "b", "a"]
    assert found["a"].prefill_ms == (6, 4, 8)
    assert found["a"].step_ms == (10, 10, 10)
    assert found["b"].step_p50_ms == 5
    assert found["b"].answer_ms == tuple(p + 19 * 5 for p in (3, 2, 4))


def test_threads_are_tried_in_turn(clock):
    model = Model(clock, 1, 8)
    found = by_threads(model, [1, 2, 3, 4], (1, 2), rounds=2, now_ns=clock.now_ns)
    assert (found[1].step_p50_ms, found[2].step_p50_ms) == (8, 4)
    assert len(found[1].prefill_ms) == 2
    assert best_step_ms(model, [1, 2], now_ns=clock.now_ns) == 4


def test_a_ratio_has_its_interval():
    ratio, interval = times_faster((10.0,) * 6, (5.0,) * 6)
    assert (ratio, interval.low, interval.high) == (2, 2, 2)
    assert Phases((4.0, 6.0), (1.0, 3.0)).prefill_p50_ms == 5


def test_a_neighbour_computes_and_leaves():

    before = len(psutil.Process().children())
    with cpu_hog(2):
        assert len(psutil.Process().children()) == before + 2
    assert len(psutil.Process().children()) == before


@pytest.mark.parametrize(
    ("kl", "worst", "passes", "why"),
    [
        (MOST_KL, -MARGIN, True, ""),
        (0.2, -0.01, False, "KL 0.200"),
        (0.001, -0.4, False, "answers at worst -40 points"),
        (0.2, -0.4, False, "KL 0.200, answers at worst -40 points"),
        (float("nan"), 0.0, False, "KL nan"),
    ],
)
def test_the_gate_names_what_fails(kl, worst, passes, why):
    one = Candidate("Q", 100.0, kl, worst)
    assert (one.passes, one.why_not) == (passes, why)

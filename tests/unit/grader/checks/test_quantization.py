"""The two checks of lab 04 that look at real files, here with stand-ins for the models and the clock."""

import pytest

from grader import checks
from grader.checks import quantization_gate
from grader.exercise.exercise import CheckFailed
from harness.measure.model_files.divergence import Divergence
from harness.measure.stats import Interval

GBS, MEASURED_MS = 20.0, 30.0


def floor(weight_bytes, kv_bytes, gbs):
    return (weight_bytes + kv_bytes) / gbs / 1e6


@pytest.fixture
def clock(monkeypatch):
    """Return a full file whose floor is 25 ms on this clock, where a step takes 30."""
    monkeypatch.setattr(quantization_gate, "weight_bytes", lambda path: int(0.5e9))
    monkeypatch.setattr(quantization_gate, "kv_bytes", lambda path, tokens: 1e6)
    monkeypatch.setattr(quantization_gate, "_full_file_now", lambda: (GBS, MEASURED_MS))


@pytest.mark.parametrize(
    ("function", "points", "said"),
    [
        (floor, 10.0, "passed"),
        (lambda w, kv, gbs: floor(w, kv, gbs) / 2, 5.0, "half of the points"),
        (lambda w, kv, gbs: 3 * floor(w, kv, gbs), 5.0, "half of the points"),
    ],
)
def test_a_prediction_earns_by_its_factor(clock, capsys, function, points, said):
    assert checks.predicted(function, out_of=10) == points
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (lambda w, kv, gbs: floor(w, kv, gbs) / 1e3, "a factor of"),
        (lambda w, kv, gbs: 8 * floor(w, kv, gbs), "a factor of"),
        (lambda w, kv, gbs: -1.0, "above zero"),
        (lambda w, kv, gbs: "20 ms", "plain number"),
    ],
)
def test_a_prediction_far_off_earns_nothing(clock, function, says):
    with pytest.raises(CheckFailed, match=says):
        checks.predicted(function, out_of=10)


class Loaded:
    """A stand-in for a model that takes its kind from its path."""

    def __init__(self, path, threads=None):
        self.kind, self.threads = path.stem.rpartition("-")[2], threads


@pytest.fixture
def shelf(monkeypatch):
    """Stand-ins that give each kind a KL to the full file and a speed."""
    away = {"Q8_0": 0.004, "Q4_1": 0.004, "Q4_0": 0.2, "F16": float("nan")}
    ratio = {"Q8_0": (2.0, Interval(1.8, 2.2)), "Q4_0": (3.0, Interval(2.8, 3.2))}
    slow = (0.5, Interval(0.4, 0.6))
    monkeypatch.setattr(quantization_gate, "LlamaModel", Loaded)
    monkeypatch.setattr(
        quantization_gate,
        "_distance",
        lambda chosen, full: Divergence(away[chosen.kind], 0.95, 700),
    )
    monkeypatch.setattr(
        quantization_gate, "_race", lambda full, chosen: ratio.get(chosen.kind, slow)
    )


def test_a_close_and_fast_file_may_be_shipped(shelf, capsys):
    checks.ship(lambda: "Q8_0")
    assert "KL 0.0040" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("Q4_0", "however fast"),
        ("F16", "however fast"),  # here a file that computes nonsense
        ("Q4_1", "prefill and decode"),
        ("F32", "smaller numbers"),
        ("Q3", "one of the kinds"),
        (8, "one of the kinds"),
    ],
)
def test_the_fast_wrong_file_is_refused_and_so_is_what_gains_nothing(shelf, kind, says):
    with pytest.raises(CheckFailed) as failed:
        checks.ship(lambda: kind)
    assert says in " ".join(str(failed.value).split())


def test_an_empty_ship_says_so(shelf):
    def empty():
        raise NotImplementedError("Lab 04, exercise 5: ship() is still empty.")

    with pytest.raises(CheckFailed, match="still empty"):
        checks.ship(empty)

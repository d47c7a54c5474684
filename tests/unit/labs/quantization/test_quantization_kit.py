"""What the notebook of lab 04 measures with: errors of rounding, pairs of files, figures of the gate."""

from types import SimpleNamespace

import numpy as np
import pytest

from harness.labs.quantization import gate_figures, loaded_files, patched_files
from harness.labs.quantization.gate_figures import candidates, closeness
from harness.labs.quantization.loaded_files import exam_prompts, loaded_alike, one_core_steps
from harness.labs.quantization.patched_files import (
    halves_swapped,
    pack_weighted,
    patched,
    requantised,
)
from harness.labs.quantization.phases import Phases, most_against_best
from harness.labs.quantization.rounding_error import relative_error, rounding_curve
from harness.labs.quantization.size_against_speed import larger_and_faster
from harness.measure.model_files.divergence import Divergence
from harness.measure.quality.exam import ExamItem
from harness.models.engines.threads import Threads


def test_a_curve_rounds_in_blocks_and_counts_the_scale():
    matrix = np.arange(8, dtype=np.float32).reshape(2, 4)
    seen = []

    def quantise(blocks, bits):
        seen.append((blocks.shape, bits))
        return blocks, np.ones(len(blocks))

    curve = rounding_curve(matrix, 2, quantise, lambda blocks, codes, scales: 0.5, bits=(2, 4))
    assert curve == [(10.0, 0.5), (12.0, 0.5)]
    assert seen == [((4, 2), 2), ((4, 2), 4)]


def test_the_error_is_relative_to_the_weights():
    exact = np.array([3.0, 4.0])
    assert relative_error(exact, exact) == 0
    assert relative_error(1.1 * exact, exact) == pytest.approx(0.1)


def phases(prefill_ms, step_ms=1.0):
    return Phases((prefill_ms,) * 5, (step_ms,) * 5)


def test_only_a_larger_file_with_a_faster_prefill_is_named():
    measured = {
        "F32": phases(100.0),
        "F16": phases(50.0),
        "Q8_0": phases(80.0),
        "Q4": phases(200.0),
    }
    sizes = {"F32": 400, "F16": 200, "Q8_0": 104, "Q4": 100}
    pairs = [(one.larger, one.smaller) for one in larger_and_faster(sizes, measured, least=1.1)]
    assert pairs == [("F32", "Q4"), ("F16", "Q8_0"), ("F16", "Q4")]
    first = next(larger_and_faster(sizes, measured, least=1.1))
    assert (first.size_ratio, first.speedup) == (4, 2)


class Scores:
    """A model that scores each token of a text alike."""

    def __init__(self, *scores):
        self.scores = scores

    def every_score(self, text):
        return np.tile(np.float32(self.scores), (len(text), 1))


def test_every_token_of_every_text_counts_once():
    files = {"same": Scores(1, 0), "other": Scores(0, 1)}
    shown = closeness(files, Scores(1, 0), ["abc", "d"], lambda p, q: np.abs(p - q)[:, 0])
    assert shown == {"same": Divergence(0, 1, 4), "other": Divergence(1, 0, 4)}


def test_candidates_are_compared_with_the_first_file(monkeypatch):
    monkeypatch.setattr(gate_figures, "worst_case", lambda right, other: (right, other))
    quality = {
        name: SimpleNamespace(judgements=[SimpleNamespace(right=right)])
        for name, right in (("F32", True), ("Q8_0", False))
    }
    measured = {"F32": phases(100.0), "Q8_0": phases(50.0)}
    full, other = candidates(measured, {"Q8_0": Divergence(0.1, 0.9, 7)}, quality)
    assert (full.name, full.ms, full.kl, full.worst) == ("F32", 119.0, 0.0, 0.0)
    assert (other.name, other.ms, other.kl, other.worst) == ("Q8_0", 69.0, 0.1, ([True], [False]))


def test_the_most_threads_are_compared_with_the_quickest():
    by_count = {1: phases(9, 20.0), 2: phases(9, 10.0), 4: phases(9, 30.0)}
    assert most_against_best(by_count) == (4, 2, 3.0)


class Loaded:
    """A stand-in for a model: what it is loaded with, and the threads that it measures without any."""

    def __init__(self, path, threads=None):
        self.path, self.given = path, threads
        self.threads = threads or Threads(decode=2, prefill=3)


def test_the_first_file_chooses_the_threads_of_all(monkeypatch):
    monkeypatch.setattr(loaded_files, "LlamaModel", Loaded)
    models = loaded_alike({"F32": "a", "Q8_0": "b"})
    assert [(one.path, one.given) for one in models.values()] == [
        ("a", None),
        ("b", Threads(decode=2, prefill=3)),
    ]


def test_a_prompt_is_the_tokens_of_question_and_passages(monkeypatch):
    monkeypatch.setattr(
        loaded_files, "stuffed_prompt", lambda question, chunks: [question, *chunks]
    )
    item = ExamItem(SimpleNamespace(question="q"), ("a", "b"))
    assert exam_prompts(SimpleNamespace(tokens=list), [item]) == [["q", "a", "b"]]


def test_steps_are_measured_with_one_thread_and_all_come_back(monkeypatch):
    speeds = iter((20.0, 30.0))
    monkeypatch.setattr(
        loaded_files,
        "measure_bandwidth",
        lambda: SimpleNamespace(bandwidth_one_core_gbs=next(speeds)),
    )
    monkeypatch.setattr(loaded_files, "best_step_ms", lambda context, prompt: context.now)

    class Context:
        def use_threads(self, decode, prefill):
            self.now = (decode, prefill)

    contexts = {"a": Context(), "b": Context()}
    gbs, steps_ms = one_core_steps(contexts, [1], Threads(decode=2, prefill=4))
    assert (gbs, steps_ms) == (30.0, {"a": (1, 1), "b": (1, 1)})
    assert contexts["a"].now == (2, 4)


def test_a_file_for_one_measurement_is_removed_after_it(monkeypatch):
    def written(source, what, out):
        out.write_text(f"{source} {what}")
        return out

    monkeypatch.setattr(patched_files, "quantize", written)
    monkeypatch.setattr(patched_files, "with_bytes", written)
    monkeypatch.setattr(patched_files, "LlamaModel", Loaded)
    with requantised("full", "Q8_0") as path:
        assert path.read_text() == "full Q8_0"
    assert not path.exists()
    with patched("Q4_0", {}, Threads(decode=1, prefill=1)) as model:
        assert model.path.read_text() == "Q4_0 {}"
    assert not model.path.exists()


def test_swapped_halves_are_swapped_back():
    packed = np.random.default_rng(1).integers(0, 256, 36, np.uint8).tobytes()
    assert halves_swapped(packed) != packed
    assert halves_swapped(packed)[:2] == packed[:2]
    assert halves_swapped(halves_swapped(packed)) == packed


def test_each_weight_gets_the_importance_of_its_column(monkeypatch):
    rows = np.zeros((2, 64), np.float32)
    monkeypatch.setattr(patched_files, "read_weights", lambda path, name: rows)
    importance = np.arange(64.0)

    def weighted(blocks, by_weight, divisors):
        assert np.array_equal(by_weight, np.vstack([importance.reshape(2, 32)] * 2))
        return blocks.astype(np.int8), np.ones(len(blocks))

    assert len(pack_weighted("full", "name", importance, weighted, np.ones(1))) == 4 * 18

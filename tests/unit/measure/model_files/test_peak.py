import pytest
import torch

from harness.measure.model_files import peak
from harness.measure.model_files.peak import Peaks, measure_peaks
from harness.measure.model_files.roofline import Roof

PEAKS = Peaks(10.0, 1000, {"fp32": 300.0, "bf16": 20.0, "int8": 900.0})


def test_weights_are_multiplied_in_their_own_format_or_a_wider_one():
    assert [PEAKS.fastest(numbers) for numbers in peak.FORMATS] == ["fp32", "fp32", "int8"]
    assert PEAKS.roof("bf16") == Roof(10.0, 300.0)


def test_a_format_without_a_product_falls_back():
    assert Peaks(10.0, 1000, {"fp32": 300.0}).fastest("int8") == "fp32"


def test_each_format_has_a_positive_peak(monkeypatch):
    monkeypatch.setattr(peak, "SIDES", (32,))
    monkeypatch.setattr(peak, "SECONDS", 0.001)
    found = measure_peaks(1_000_000)
    assert found.array_bytes == 1_000_000 and found.bandwidth_gbs > 0
    assert set(found.gflops) >= {"fp32"} and min(found.gflops.values()) >= 0


def test_every_usable_core_multiplies_and_torch_keeps_its_own_number(monkeypatch):
    seen, before = [], torch.get_num_threads()
    monkeypatch.setattr(peak, "usable_cores", lambda: before + 1)
    monkeypatch.setattr(peak, "_product", lambda name: name)
    monkeypatch.setattr(peak, "_gflops", lambda name: seen.append(torch.get_num_threads()))
    measure_peaks(1_000_000)
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


def test_a_format_that_torch_cannot_multiply_is_left_out(monkeypatch):
    def missing(side):
        raise NotImplementedError

    monkeypatch.setattr(peak, "SIDES", (32,))
    monkeypatch.setattr(peak, "SECONDS", 0.001)
    monkeypatch.setattr(peak, "_int8", missing)
    assert "int8" not in measure_peaks(1_000_000).gflops


@pytest.mark.parametrize("size", [4_000_000, 8_000_000])
def test_the_bandwidth_can_be_measured_over_a_given_size(monkeypatch, size):
    seen = []
    monkeypatch.setattr(
        "harness.measure.machine.describe._read_gbs",
        lambda array, threads, seconds: seen.append(array.nbytes) or 1.0,
    )
    peak.measure_bandwidth(size=size)
    assert seen == [size, size]

import pytest
import torch

from harness.setup import unit_costs
from harness.setup.unit_costs import gain, threads


@pytest.fixture
def layers(monkeypatch):
    """Two layers of one kind and one of another, and a clock whose steps depend on the threads in use."""
    now = [0.0]
    monkeypatch.setattr(unit_costs.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(torch, "get_num_threads", lambda: unit_costs_threads[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda n: unit_costs_threads.__setitem__(0, n))
    unit_costs_threads = [4]
    disturbed = iter([9.0, 0.0, 0.0] * 100)

    class Layer(torch.nn.Identity):
        def __init__(self, work):
            super().__init__()
            self.work = work

        def extra_repr(self):
            return f"work={self.work}"

        def forward(self, x):
            extra = next(disturbed) if unit_costs_threads[0] > 1 else 0.0
            now[0] += self.work / unit_costs_threads[0] + extra
            return x

    return torch.nn.ModuleList([Layer(1.0), Layer(1.0), Layer(3.0)])


def run(layers):
    for _ in range(3):
        for layer in layers:
            layer(torch.zeros(1))


def test_the_gain_of_threads_is_that_of_undisturbed_calls(layers):
    assert gain(layers, lambda: run(layers)) == pytest.approx(4)
    assert torch.get_num_threads() == 4


def test_no_hook_stays_behind(layers):
    gain(layers, lambda: run(layers))
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in layers)


def test_one_core_gains_nothing_and_is_not_measured(layers):
    torch.set_num_threads(1)
    assert gain(layers, lambda: pytest.fail("measured")) == 1


def test_threads_are_restored_after_an_error(layers):
    with pytest.raises(ZeroDivisionError), threads(1):
        1 / 0  # noqa: B018
    assert torch.get_num_threads() == 4

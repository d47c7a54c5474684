import torch

from harness.models.masters import Masters


def bfloat16_layer():
    torch.manual_seed(0)
    return torch.nn.Linear(3, 2, bias=False, dtype=torch.bfloat16)


def test_updates_too_small_for_the_short_format_add_up():
    layer = bfloat16_layer()
    before = layer.weight.detach().clone()
    weights = Masters.of(layer)
    for _ in range(100):
        with torch.no_grad():
            weights.masters["weight"] += 1e-4
        weights.put_back()
    torch.testing.assert_close(layer.weight, (before.float() + 1e-2).bfloat16(), rtol=0, atol=4e-3)
    assert not torch.equal(layer.weight, before)


def test_gradients_move_to_the_masters():
    layer = bfloat16_layer()
    weights = Masters.of(layer)
    layer(torch.ones(1, 3, dtype=torch.bfloat16)).sum().backward()
    weights.take_gradients()
    assert layer.weight.grad is None
    assert weights.masters["weight"].grad.dtype == torch.float32
    assert weights.masters["weight"].grad.tolist() == [[1.0] * 3] * 2

import torch

from harness.models.lora.masters import Masters


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


def test_the_masters_get_the_mean_gradient_of_the_lessons():
    weights = Masters.of(bfloat16_layer())
    lessons = [(3.0, [torch.full((2, 3), 1.0).bfloat16()]), (1.0, [torch.full((2, 3), 2.0)])]
    assert weights.learn(iter(lessons)) == 2.0
    assert weights.masters["weight"].grad.dtype == torch.float32
    assert weights.masters["weight"].grad.tolist() == [[1.5] * 3] * 2

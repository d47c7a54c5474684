import itertools

import pytest
import torch

from harness.models.lora.prune import pruned
from harness.models.offline import KEPT
from tests.tiny import tiny_llama

IDS = torch.arange(8)[None]


def test_all_layers_kept_is_the_same_model():
    model = tiny_llama()
    assert torch.equal(pruned(model, range(4))(IDS).logits, model(IDS).logits)


def test_the_kept_layers_are_there_in_order_and_the_original_stays():
    model = tiny_llama()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    student = pruned(model, (0, 3))
    assert student.config.num_hidden_layers == len(student.model.layers) == 2
    for new, old in enumerate((0, 3)):
        for (_, mine), (_, theirs) in zip(
            student.model.layers[new].named_parameters(),
            model.model.layers[old].named_parameters(),
            strict=True,
        ):
            assert torch.equal(mine, theirs)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(student.lm_head.weight, model.model.embed_tokens.weight)


@pytest.mark.parametrize("kept", [(), (0, 4), (-1,)])
def test_a_layer_that_is_not_there_is_refused(kept):
    with pytest.raises(ValueError, match="layers 0 to 3"):
        pruned(tiny_llama(), kept)


def test_the_student_keeps_both_ends_and_leaves_no_wide_gap():
    assert (KEPT[:2], KEPT[-2:], len(KEPT)) == ((0, 1), (27, 29), 16)
    assert max(b - a for a, b in itertools.pairwise(KEPT)) == 2

"""A tuning run that ends with its time, not with its lessons."""

from itertools import count

import pytest
import torch

from harness.errors import WrongUseError
from harness.labs.smaller_models.tuning_run import AN_UPDATE, _share, full_course, tuned_for
from harness.models.lora.packing import Branch, Lesson, packed
from tests.tiny import tiny_llama


def lessons():
    one = Lesson("abcd", (Branch("ef", "gh"), Branch("ij", "kl")))
    return (packed(one, lambda text: [ord(c) % 64 for c in text]) for _ in count())


class Ticking:
    """Ten seconds pass at every look."""

    def __init__(self):
        self.s = 0.0

    def __call__(self):
        self.s += 10.0
        return self.s


def test_it_ends_with_the_budget_and_leaves_the_base_as_it_was(tmp_path):
    base = tiny_llama()
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    folder, done, seconds = tuned_for(100, base, lessons(), tmp_path / "a", now=Ticking())
    assert (folder / "adapter_model.safetensors").exists()
    assert done == 5 * AN_UPDATE  # two looks an update
    assert 100 <= seconds < 150
    assert all(torch.equal(before[name], tensor) for name, tensor in base.state_dict().items())


def test_one_update_is_made_however_short_the_budget(tmp_path):
    _, done, _ = tuned_for(1, tiny_llama(), lessons(), tmp_path / "a", now=Ticking())
    assert done == AN_UPDATE
    with pytest.raises(WrongUseError, match="above zero"):
        tuned_for(0, tiny_llama(), lessons(), tmp_path / "b")


def test_the_rate_climbs_and_falls():
    assert 0 < _share(0) < _share(0.1)
    assert _share(0.12) > _share(0.5) > _share(1) == pytest.approx(0.1)
    assert full_course() > 1000

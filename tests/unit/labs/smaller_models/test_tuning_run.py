"""A tuning run that ends when its time budget is spent."""

from itertools import count

import pytest
import torch

from harness.errors import WrongUseError
from harness.labs.smaller_models.tuning_run import (
    LESSONS_PER_UPDATE,
    full_course,
    rate_share,
    tune_for,
)
from harness.models.lora.packing import Branch, Lesson, pack
from tests.tiny import tiny_llama


def lessons():
    lesson = Lesson("abcd", (Branch("ef", "gh"), Branch("ij", "kl")))
    return (pack(lesson, lambda text: [ord(c) % 64 for c in text]) for _ in count())


class TickingClock:
    """A clock that advances ten seconds each time it is read."""

    def __init__(self):
        self.s = 0.0

    def __call__(self):
        self.s += 10.0
        return self.s


def test_it_ends_with_the_budget_and_leaves_the_base_as_it_was(tmp_path):
    base = tiny_llama()
    before = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    folder, n_lessons, seconds = tune_for(100, base, lessons(), tmp_path / "a", now=TickingClock())
    assert (folder / "adapter_model.safetensors").exists()
    assert n_lessons == 5 * LESSONS_PER_UPDATE  # the clock is read twice per update
    assert 100 <= seconds < 150
    assert all(torch.equal(before[name], tensor) for name, tensor in base.state_dict().items())


def test_one_update_is_made_however_short_the_budget(tmp_path):
    _, n_lessons, _ = tune_for(1, tiny_llama(), lessons(), tmp_path / "a", now=TickingClock())
    assert n_lessons == LESSONS_PER_UPDATE
    with pytest.raises(WrongUseError, match="above zero"):
        tune_for(0, tiny_llama(), lessons(), tmp_path / "b")


def test_the_rate_climbs_and_falls():
    assert 0 < rate_share(0) < rate_share(0.1)
    assert rate_share(0.12) > rate_share(0.5) > rate_share(1) == pytest.approx(0.1)
    assert full_course() > 1000

import json
from dataclasses import replace

import pytest
import torch

from harness.models.lora import tune
from harness.models.lora.packing import Branch, Lesson, pack
from harness.models.lora.tune import Recipe, answer_loss
from harness.store import StoreError
from tests.tiny import tiny_llama

RECIPE = Recipe(steps=6, lessons=2, rank=4, alpha=8, rate=1e-2, seed=3, warmup=1, save_every=2)


def encode(text):
    return [ord(letter) - ord("a") for letter in text]


def lesson(number):
    letters = "abcdefgh"
    first, second = letters[number % 8], letters[(number + 3) % 8]
    return Lesson(f"{first}{second}", (Branch("x", first * 3), Branch("y", second * 2)))


def tuned(folder, recipe=RECIPE, start=None):
    return tune.tune(tiny_llama(), encode, lesson, recipe, folder, start)


def loss_of(model):
    with torch.no_grad():
        return sum(answer_loss(model, pack(lesson(n), encode)).item() for n in range(4))


def weights(folder):
    return (folder / "adapter_model.safetensors").read_bytes()


def test_branches_packed_together_score_as_each_alone():
    model = tiny_llama()
    together = answer_loss(model, pack(lesson(1), encode))
    alone = [
        answer_loss(model, pack(replace(lesson(1), branches=(branch,)), encode))
        for branch in lesson(1).branches
    ]
    assert together.item() == pytest.approx(sum(one.item() for one in alone) / 2, rel=1e-5)


def test_the_loss_goes_down_and_the_merged_model_has_it(tmp_path):
    long = replace(RECIPE, steps=24)
    adapter = tuned(tmp_path, long)
    assert loss_of(tune.merged(tiny_llama(), adapter)) < 0.95 * loss_of(tiny_llama())


def test_the_same_recipe_gives_the_same_adapter(tmp_path):
    assert weights(tuned(tmp_path / "a")) == weights(tuned(tmp_path / "b"))
    assert weights(tuned(tmp_path / "c", replace(RECIPE, seed=4))) != weights(tmp_path / "a")


def test_a_run_that_was_stopped_ends_with_the_same_adapter(tmp_path):
    class StoppedError(Exception):
        pass

    def interrupted(number):
        if number >= 7:  # in the fourth step; two are saved
            raise StoppedError
        return lesson(number)

    with pytest.raises(StoppedError):
        tune.tune(tiny_llama(), encode, interrupted, RECIPE, tmp_path / "stopped")
    assert weights(tuned(tmp_path / "stopped")) == weights(tuned(tmp_path / "whole"))


def test_a_second_round_begins_where_the_first_has_ended(tmp_path):
    first = tuned(tmp_path / "first", replace(RECIPE, steps=24))
    still = replace(RECIPE, steps=1, rate=0.0, seed=9)
    assert weights(tuned(tmp_path / "still", still, first)) == weights(first)
    moved = tuned(tmp_path / "moved", replace(still, rate=1e-2), first)
    assert weights(moved) != weights(first)


def test_a_damaged_state_starts_again(tmp_path):
    whole = weights(tuned(tmp_path))
    (tmp_path / "state.safetensors").write_bytes(b"rubbish")
    assert weights(tuned(tmp_path)) == whole


def test_a_state_of_another_recipe_is_not_gone_on_with(tmp_path):
    tuned(tmp_path, replace(RECIPE, rate=1e-3))
    assert weights(tuned(tmp_path)) == weights(tuned(tmp_path / "fresh"))


def test_the_adapter_says_what_it_belongs_to_and_is_half_precision(tmp_path):
    folder = tuned(tmp_path)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (4, 8)
    assert str(tmp_path) not in (folder / "adapter_config.json").read_text()
    assert len(weights(folder)) < 60_000


@pytest.mark.parametrize("broken", ["nothing", "rubbish", "other model"])
def test_an_adapter_that_does_not_fit_is_refused_in_a_sentence(tmp_path, broken):
    base = tiny_llama()
    if broken != "nothing":
        tuned(tmp_path)
    if broken == "rubbish":
        (tmp_path / "adapter_model.safetensors").write_bytes(b"rubbish")
    if broken == "other model":
        base = tiny_llama(vocabulary=32, layers=2)
        (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(StoreError, match="does not fit"):
        tune.merged(base, tmp_path)


def test_the_rate_warms_up_and_then_falls_to_a_tenth():
    recipe = replace(RECIPE, steps=100, warmup=10, rate=1.0)
    rates = [recipe.rate_at(step) for step in range(100)]
    assert rates[0] == pytest.approx(0.1, rel=0.01)
    assert max(rates) == pytest.approx(1.0, rel=0.03)
    assert rates[-1] == pytest.approx(0.1, abs=0.01)

"""The recipes from scratch on a small budget, and the quality of the prepared models."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from harness.measure.quality.exam import draw_exam, evaluate
from harness.models import build
from harness.models.engines.llama_model import LlamaModel
from harness.models.lora.packing import pack
from harness.models.lora.tune import answer_loss, merged
from harness.models.offline import BUILT, LARGE, STUDENT
from harness.models.served import UNTUNED, model_file, model_files
from harness.tuning import recipes

pytestmark = [
    pytest.mark.models,
    pytest.mark.timeout(1200),
]  # training takes a minute alone, and ten beside others

UNDER500 = Path(sys.executable).with_name("under500")
HELD_OUT = range(10_000, 10_004)  # lessons that no recipe reaches


@torch.inference_mode()
def loss_of(model):
    words = build.tokenizer()
    lessons = [recipes.curriculum().lesson(i) for i in HELD_OUT]
    model.set_attn_implementation("eager")
    return sum(answer_loss(model, pack(one, recipes.encoder(words))).item() for one in lessons)


def test_the_recipe_teaches_something_within_ten_updates(tmp_path):
    small = replace(recipes.RECIPES[LARGE.name], steps=10, lessons=1, warmup=2)
    adapter = recipes.run(LARGE.name, small, tmp_path)
    before, after = loss_of(build.unpacked()), loss_of(merged(build.unpacked(), adapter))
    assert after < 0.8 * before


def test_the_student_starts_from_the_tuned_model_and_learns(tmp_path):
    small = replace(recipes.RECIPES[STUDENT.name], steps=10, lessons=1, warmup=2)
    adapter = recipes.run(STUDENT.name, small, tmp_path)
    before, after = loss_of(build.pruned_large()), loss_of(merged(build.pruned_large(), adapter))
    assert after < 0.8 * before


@pytest.mark.parametrize("name", [f"{model.name}-Q8_0" for model in BUILT])
def test_a_tuned_model_answers_where_the_untuned_one_does_not(name):
    items = draw_exam(30, passages=2, seed=77)
    tuned, untuned = (evaluate(model_file(one).load(), items) for one in (name, UNTUNED))
    # 30 questions: a floor, no claim
    assert tuned.right.rate >= max(0.65, untuned.right.rate + 0.2)


def test_every_file_is_there_and_holds_what_its_name_says_or_shows_that_it_does_not():
    formats = {one.name: one.bytes_by_type() for one in model_files()}
    assert set(formats[f"{LARGE.name}-F32"]) == {"F32"}
    assert formats[f"{LARGE.name}-Q8_0"]["Q8_0"] > 1e8
    mixed = formats[f"{LARGE.name}-Q4_K_M"]  # rows of 576 fit no K-quant, those of 1536 do
    in_k = sum(size for kind, size in mixed.items() if kind.startswith(("Q4_K", "Q6_K")))
    assert mixed["Q5_0"] > 4e7 and in_k < 0.25 * sum(mixed.values())


def test_the_student_is_a_little_over_half_of_the_large_model():
    sizes = [LlamaModel(model.gguf("Q8_0")).context.n_layers for model in BUILT]
    assert sizes == [30, 16, 16]


def test_models_speaks_json():
    result = subprocess.run(
        [UNDER500, "models", "--only", f"{STUDENT.name}-Q8_0", "--json"],
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert result.returncode == 0, result.stderr
    [one] = json.loads(result.stdout.strip().splitlines()[-1])["models"]
    assert one["role"] == "student" and 60 < one["file_mb"] < 100
    assert 0 < one["kl"] < 0.1 and 0.8 < one["top1"] <= 1
    assert one["prefill_tok_s"] > one["decode_tok_s"] > 0 and one["ttft_ms"] > 0
    assert 0.5 < one["quality"]["exact"] <= 1 and 0 <= one["quality"]["refusal"] <= 1

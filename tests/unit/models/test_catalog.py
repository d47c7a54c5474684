import re
from dataclasses import replace
from pathlib import Path

import pytest

from harness import store
from harness.models import catalog
from harness.models.catalog import (
    MINILM,
    OFFLINE,
    QWEN2_5_7B,
    QWEN2_5_7B_GGUF,
    SMOLLM2,
    SMOLLM2_360M_GGUF,
    TIERS,
)
from harness.models.engines.language_model import chat_prompt


@pytest.fixture(autouse=True)
def empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))


@pytest.mark.parametrize("model", OFFLINE, ids=lambda m: m.name)
def test_every_offline_model_is_installed_with_a_licence(model):
    assert model.path().stat().st_size == pytest.approx(model.size_mb * 1e6, rel=0.01)
    assert model.licence == "Apache-2.0"


@pytest.mark.parametrize("model", OFFLINE, ids=lambda m: m.name)
def test_a_packaged_model_has_the_same_weights_on_the_hub(model):
    weights = {file.name: file.sha256 for file in model.elsewhere.files}
    assert weights[Path(model.weights).name] == model.sha256
    assert re.fullmatch(r"[0-9a-f]{40}", model.elsewhere.revision)


def test_the_hubs_files_of_a_packaged_model_are_those_of_the_package():
    for file in MINILM.elsewhere.files:
        assert store.sha256(MINILM.path().parent / file.name) == file.sha256


def test_a_missing_package_says_what_to_run():
    with pytest.raises(store.StoreError, match="under500 prepare"):
        replace(MINILM, package="no_such_package").path()


def test_a_damaged_package_says_what_to_run():
    with pytest.raises(store.CorruptFileError, match="pip install --force-reinstall"):
        replace(MINILM, sha256="0" * 64).verified()


def test_chatml_is_what_the_models_were_trained_with():
    assert chat_prompt("be kind", "hello").split("<|im_start|>")[1:] == [
        "system\nbe kind<|im_end|>\n",
        "user\nhello<|im_end|>\n",
        "assistant\n",
    ]


HUB_MODELS = [
    model for tier in TIERS.values() for model in tier if isinstance(model, catalog.HubModel)
]


@pytest.mark.parametrize("model", HUB_MODELS, ids=lambda m: m.name)
def test_every_hub_model_is_pinned_down_to_the_byte(model):
    assert re.fullmatch(r"[0-9a-f]{40}", model.revision)
    assert all(re.fullmatch(r"[0-9a-f]{64}", file.sha256) for file in model.files)
    assert model.licence == "Apache-2.0"
    assert model in TIERS[model.tier]
    assert model.repository.split("/")[1] == model.name


@pytest.mark.parametrize("tier", ["laptop", "gpu"])
def test_each_tier_has_every_role_for_llama_cpp_and_the_large_one_for_torch_too(tier):
    forms = [(m.role, m.form) for m in catalog.of_tier(tier) if isinstance(m, catalog.HubModel)]
    assert sorted(forms) == [
        ("draft", "gguf"),
        ("large", "gguf"),
        ("large", "safetensors"),
        ("small", "gguf"),
    ]


def test_each_model_has_a_variable_of_its_own():
    names = [catalog.variable(model) for model in {m for tier in TIERS.values() for m in tier}]
    assert len(set(names)) == len(names)
    assert catalog.variable(MINILM) == "UNDER500_MODEL_ALL_MINILM_L6_V2"
    assert catalog.variable(QWEN2_5_7B) == "UNDER500_MODEL_QWEN2_5_7B_INSTRUCT"


@pytest.mark.parametrize("model", [*HUB_MODELS, SMOLLM2], ids=lambda m: m.name)
def test_a_named_copy_that_is_not_there_is_an_error(model, monkeypatch):
    monkeypatch.setenv(catalog.variable(model), "/nowhere/at/all")
    with pytest.raises(store.StoreError, match=f"unset {catalog.variable(model)}"):
        catalog.locate(model)


@pytest.mark.parametrize("model", HUB_MODELS, ids=lambda m: m.name)
def test_a_model_that_is_not_downloaded_says_what_to_run(model):
    with pytest.raises(store.StoreError, match=f"under500 prepare --tier {model.tier}"):
        catalog.locate(model)


def test_a_packaged_model_is_located_in_its_package_or_where_it_is_named(tmp_path, monkeypatch):
    assert catalog.locate(SMOLLM2) == SMOLLM2.path()
    monkeypatch.setenv(catalog.variable(SMOLLM2), str(tmp_path))
    assert catalog.locate(SMOLLM2) == tmp_path / SMOLLM2.weights


def test_an_argument_counts_before_the_variable(tmp_path, monkeypatch):
    mine, other = tmp_path / "mine.gguf", tmp_path / "other.gguf"
    mine.touch(), other.touch()
    monkeypatch.setenv(catalog.variable(SMOLLM2_360M_GGUF), str(other))
    assert catalog.locate(SMOLLM2_360M_GGUF) == other
    assert catalog.locate(SMOLLM2_360M_GGUF, local=mine) == mine


def test_a_folder_stands_in_for_the_gguf_in_it(tmp_path):
    (tmp_path / "tuned-00001-of-00002.gguf").touch()
    (tmp_path / "tuned-00002-of-00002.gguf").touch()
    assert catalog.locate(QWEN2_5_7B_GGUF, tmp_path) == tmp_path / "tuned-00001-of-00002.gguf"
    (tmp_path / "another.gguf").touch()
    with pytest.raises(store.StoreError, match="2 GGUF models"):
        catalog.locate(QWEN2_5_7B_GGUF, tmp_path)
    own = tmp_path / QWEN2_5_7B_GGUF.files[0].name
    own.touch()
    assert catalog.locate(QWEN2_5_7B_GGUF, tmp_path) == own


def test_torch_needs_a_model_folder(tmp_path):
    with pytest.raises(store.StoreError, match=r"config\.json"):
        catalog.locate(QWEN2_5_7B, tmp_path)
    (tmp_path / "config.json").touch()
    assert catalog.locate(QWEN2_5_7B, tmp_path) == tmp_path

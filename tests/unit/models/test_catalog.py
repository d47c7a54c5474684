from dataclasses import replace

import pytest

from harness import store
from harness.models.catalog import MINILM, OFFLINE
from harness.models.language import chat_prompt


@pytest.mark.parametrize("model", OFFLINE, ids=lambda m: m.name)
def test_every_offline_model_is_installed_with_a_licence(model):
    assert model.path().stat().st_size == pytest.approx(model.size_mb * 1e6, rel=0.01)
    assert model.licence == "Apache-2.0"


def test_a_missing_package_says_what_to_run():
    with pytest.raises(store.StoreError, match="run `make start`"):
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

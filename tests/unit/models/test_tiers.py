"""The tiers that the labs use, and kinds that are made on first use."""

import pytest

from harness import store
from harness.errors import WrongUseError
from harness.models import tiers
from harness.models.catalog import SMOLLM2, SMOLLM2_360M_GGUF, variable
from harness.models.gguf import file as gguf
from harness.models.gguf.export import export
from harness.models.offline import LARGE, STUDENT
from tests.tiny import tiny_llama


def test_the_offline_tier_is_the_default_and_an_unknown_one_is_named(monkeypatch):
    monkeypatch.delenv(tiers.VARIABLE, raising=False)
    assert (tiers.chosen_tier().large, tiers.chosen_tier().small) == (LARGE, STUDENT)
    monkeypatch.setenv(tiers.VARIABLE, "pocket")
    with pytest.raises(WrongUseError, match="offline, laptop, gpu"):
        tiers.chosen_tier()


def test_a_missing_download_says_what_to_run(monkeypatch, tmp_path):
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path))
    monkeypatch.setenv(tiers.VARIABLE, "laptop")
    with pytest.raises(store.StoreError, match="under500 prepare --tier laptop"):
        tiers.chosen_tier().compared.gguf("F16")


def test_a_kind_is_made_once_from_what_lies_on_this_disk(monkeypatch, tmp_path):
    local = export(
        tiny_llama(layers=1, vocabulary=49152), SMOLLM2.path(), tmp_path / "a.gguf", "tiny"
    )
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))
    monkeypatch.setenv(variable(SMOLLM2_360M_GGUF), str(local))
    monkeypatch.setenv(tiers.VARIABLE, "laptop")
    compared = tiers.chosen_tier().compared
    file = compared.gguf("Q8_0")
    assert gguf.inspect(file).file_type == "Q8_0"
    made = file.stat().st_mtime_ns
    assert compared.gguf("Q8_0").stat().st_mtime_ns == made
    assert compared.kinds == LARGE.kinds
    assert compared.name == "SmolLM2-360M-Instruct-GGUF"

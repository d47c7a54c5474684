import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from harness.errors import WrongUseError
from harness.tuning.averaging import averaged


def adapter(folder, value, size=2):
    folder.mkdir()
    save_file({"lora_A": torch.full((size, 3), value).half()}, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": size}))
    return folder


def test_the_mean_of_two_rounds_has_their_shape_and_configuration(tmp_path):
    rounds = [adapter(tmp_path / "a", 1.0), adapter(tmp_path / "b", 4.0)]
    mean = averaged(rounds, tmp_path / "mean")
    assert load_file(mean / "adapter_model.safetensors")["lora_A"].eq(2.5).all()
    assert json.loads((mean / "adapter_config.json").read_text()) == {"r": 2}


def test_adapters_of_two_models_cannot_be_averaged(tmp_path):
    rounds = [adapter(tmp_path / "a", 1.0), adapter(tmp_path / "b", 1.0, size=4)]
    with pytest.raises(WrongUseError, match="shape"):
        averaged(rounds, tmp_path / "mean")


def test_a_folder_without_an_adapter_is_named(tmp_path):
    with pytest.raises(WrongUseError, match="nowhere"):
        averaged([adapter(tmp_path / "a", 1.0), tmp_path / "nowhere"], tmp_path / "mean")

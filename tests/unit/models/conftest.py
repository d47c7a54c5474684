"""A random Llama of two layers as a GGUF file, for the real llama.cpp."""

import pytest

from harness.models.catalog import SMOLLM2
from harness.models.gguf.export import export
from tests.tiny import tiny_llama


@pytest.fixture(scope="session")
def file(tmp_path_factory):
    model = tiny_llama(layers=2, vocabulary=49152)
    return export(model, SMOLLM2.path(), tmp_path_factory.mktemp("tiny") / "tiny.gguf", "tiny")

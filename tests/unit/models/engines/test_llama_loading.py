"""The memory that a model needs, and that which is free, on the machine and in a container."""

from pathlib import Path

import psutil
import pytest

from harness.models.engines import llama_loading
from harness.models.engines.free_memory import free_memory
from harness.models.engines.llama_loading import (
    WORK_SPACE,
    NotEnoughMemoryError,
    loaded,
    needed_bytes,
)
from harness.models.gguf import file as gguf
from harness.models.gguf.format import Tensor

# Shared keys: 4 query heads and 2 of keys and values, each of 64 numbers.
LAYERS = [
    Tensor(f"blk.{n}.attn_{name}.weight", "F16", (256, size))
    for n in range(3)
    for name, size in (("q", 256), ("k", 128), ("v", 128))
]
HEADER = gguf.Header(
    Path("m"),
    "llama",
    "m",
    "F16",
    3,
    4096,
    1000,
    (Tensor("token_embd.weight", "F16", (256, 700)), *LAYERS),
)


@pytest.mark.parametrize(("n_ctx", "scored"), [(100, 100), (4096, 512)])
def test_keys_values_and_scores_are_counted(n_ctx, scored):
    kept = 2 * 3 * 128 * 2 * n_ctx
    assert needed_bytes(HEADER, n_ctx) == 1000 + kept + 4 * 700 * scored + WORK_SPACE


def test_the_machine_has_memory_enough_without_a_container(tmp_path, monkeypatch):
    some = psutil.virtual_memory()._replace(available=10**9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: some)
    assert free_memory(tmp_path / "none") == 10**9


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("max", 10**9), ("500", 500 - 300 + 30), ("200", 0), (str(10**12), 10**9)],
)
def test_a_container_has_its_own_limit(tmp_path, monkeypatch, limit, expected):
    some = psutil.virtual_memory()._replace(available=10**9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: some)
    stat = "anon 270\nactive_file 10\ninactive_file 20\n"
    files = {"memory.max": f"{limit}\n", "memory.current": "300\n", "memory.stat": stat}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert free_memory(tmp_path) == expected


def test_a_longer_context_needs_more_than_is_free(file, monkeypatch):
    header = gguf.inspect(file)
    short, long = (needed_bytes(header, n_ctx) for n_ctx in (64, 128))
    monkeypatch.setattr(llama_loading, "free_memory", lambda: (short + long) / 2)
    loaded(file, 64)
    with pytest.raises(NotEnoughMemoryError, match="are free"):
        loaded(file, 128)

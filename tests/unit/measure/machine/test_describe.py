import builtins
import json
import sys
from contextlib import nullcontext
from dataclasses import asdict, replace

import pytest

from harness.measure.machine import describe as machine
from harness.measure.machine.describe import Bandwidth, Machine, describe, measure_bandwidth

HERE = Machine(
    cpu="Imagined 9",
    physical_cores=4,
    logical_cores=8,
    ram_gb=15.6,
    gpu="",
    torch_instructions="AVX2",
    llama_instructions=("AVX2", "FMA"),
    load_average=(0.1, 0.2, 0.3),
    versions={"python": "3.11.7", "torch": "2.13.0"},
)


def test_it_describes_this_machine():
    here = describe()
    assert here.cpu and 1 <= here.physical_cores <= here.logical_cores
    assert here.ram_gb > 0.5 and len(here.load_average) == 3
    assert here.bandwidth_all_cores_gbs is None
    assert here.versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {"os", "torch", "transformers", "llama_cpp", "numpy"} <= set(here.versions)
    assert json.loads(json.dumps(asdict(here)))["cpu"] == here.cpu


def test_the_fingerprint_is_of_the_kind_and_not_of_the_moment():
    same = replace(
        HERE,
        load_average=(9.0, 9.0, 9.0),
        versions={},
        ram_gb=15.9,
        bandwidth_all_cores_gbs=20.0,
        bandwidth_one_core_gbs=10.0,
    )
    assert HERE.fingerprint() == same.fingerprint()
    assert describe().fingerprint() == describe().fingerprint()
    int(HERE.fingerprint(), 16)


@pytest.mark.parametrize(
    "change",
    [
        {"cpu": "Imagined 10"},
        {"logical_cores": 4},
        {"ram_gb": 31.5},
        {"gpu": "Imagined GPU"},
        {"torch_instructions": "AVX512"},
        {"llama_instructions": ("AVX2",)},
    ],
)
def test_another_kind_has_another_fingerprint(change):
    assert replace(HERE, **change).fingerprint() != HERE.fingerprint()


def test_one_line_says_what_it_is():
    assert HERE.sentence() == (
        "Imagined 9: 4 cores (8 threads), 16 GB RAM; python 3.11.7, torch 2.13.0."
    )
    assert "Imagined GPU" in replace(HERE, gpu="Imagined GPU").sentence()


def test_the_bandwidth_is_a_positive_number(monkeypatch):
    monkeypatch.setattr(machine, "ARRAY_MIB", 4)
    monkeypatch.setattr(machine, "ARRAY_MIB_PER_CORE", 1)
    found = measure_bandwidth(seconds=0.01)
    assert found.bandwidth_all_cores_gbs > 0 and found.bandwidth_one_core_gbs > 0
    assert replace(HERE, **asdict(found)).bandwidth_one_core_gbs == found.bandwidth_one_core_gbs
    assert isinstance(found, Bandwidth)


def test_llamas_features_are_read_from_its_text():
    info = "CPU : SSE3 = 1 | AVX2 = 1 | AVX512 = 0 | REPACK = 1 | CUDA : ARCHS = 500 | FMA = 1 |"
    assert machine._features(info) == ("AVX2", "FMA", "REPACK")


@pytest.fixture
def bare(monkeypatch):
    """Yield a machine without torch and llama.cpp."""
    real = builtins.__import__

    def importing(name, *rest, **more):
        if name in ("torch", "llama_cpp"):
            raise ImportError(name)
        return real(name, *rest, **more)

    machine._torch.cache_clear()
    machine._llama.cache_clear()
    monkeypatch.setattr(builtins, "__import__", importing)
    yield
    machine._torch.cache_clear()
    machine._llama.cache_clear()


def test_a_missing_library_is_no_error(bare):
    here = describe()
    assert (here.torch_instructions, here.llama_instructions, here.gpu) == ("", (), "")
    assert machine._version("surely-not-installed") == "not installed"


def test_a_cpu_without_a_name_has_an_architecture(monkeypatch):
    def unreadable():
        raise OSError("no /proc here")

    monkeypatch.setattr(machine, "_cpu_name", unreadable)
    assert machine._cpu()


def test_macos_asks_sysctl(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(machine.subprocess, "check_output", lambda *a, **k: "Apple M9\n")
    assert machine._cpu() == "Apple M9"


def test_windows_asks_the_registry(monkeypatch):
    class Registry:
        HKEY_LOCAL_MACHINE = 0

        @staticmethod
        def OpenKey(root, key):  # noqa: N802 - winreg's own name
            return nullcontext()

        @staticmethod
        def QueryValueEx(key, name):  # noqa: N802 - winreg's own name
            return (" Imagined 9 ", 1)

    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setitem(sys.modules, "winreg", Registry)
    assert machine._cpu() == "Imagined 9"

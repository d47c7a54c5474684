"""The offline tier's own models: which there are, and where their files lie.

Everything of one model lies in one folder, named after all that it is made from, so that a new adapter never
meets old files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness import store
from harness.models.catalog import SMOLLM2

WEIGHTS = "model.safetensors"
ADAPTERS = Path(__file__).parent / "adapters"
FULL = "F32"
# The student's layers of the large model. The first two turn words into features and the last two turn
# features into words: both are worth keeping. Between them every second one goes, so that no gap is wide.
KEPT = (0, *range(1, 28, 2), 29)


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A tuned model, its role, and the GGUF kinds that it comes in."""

    name: str
    role: str
    kinds: tuple[str, ...]

    @property
    def adapter(self) -> Path:
        """The committed adapter, a folder in peft's format."""
        return ADAPTERS / self.name

    @property
    def folder(self) -> Path:
        """Where the model's files lie on this machine."""
        return store.home() / "models" / f"{self.name}-{_made_from(self.name)}"

    def gguf(self, kind: str) -> Path:
        """The GGUF file of one kind, whether it is there or not."""
        return self.folder / f"{self.name}-{kind}.gguf"


# Every kind of the large model is in a lab: the reference, the half, the best, and three that disappoint.
LARGE = BuiltModel("smollm2-135m-support", "large", (FULL, "F16", "Q8_0", "Q4_0", "Q4_1", "Q4_K_M"))
STUDENT = BuiltModel("smollm2-85m-support", "student", (FULL, "Q8_0", "Q4_0"))
BUILT = (LARGE, STUDENT)


@cache
def _made_from(name: str) -> str:
    """12 hex digits that change with the source and the adapter; a student's also with its teacher."""
    parts = [SMOLLM2.sha256, _adapter_hash(LARGE.name)]
    if name == STUDENT.name:
        parts += [_adapter_hash(STUDENT.name), str(KEPT)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _adapter_hash(name: str) -> str:
    file = ADAPTERS / name / "adapter_model.safetensors"
    if not file.exists():
        raise store.StoreError(f"The adapter of {name} is missing: reinstall the package under500.")
    return store.sha256(file)

"""The offline tier's own models and the paths of their files.

All files of a model are in one folder. Its name contains a hash of the model's sources, so a new adapter is
never combined with old files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness import store
from harness.models.catalog import MINILM, SMOLLM2

WEIGHTS = "model.safetensors"
ADAPTERS = Path(__file__).parent / "adapters"
FULL = "F32"
# The layers of the large model that the student keeps. The first layers turn words into features and the last
# turn features into words, so both ends stay. Between them every second one goes, so that no gap is wide.
KEPT = (0, *range(1, 28, 2), 29)
# The tokens that the compact model keeps: (n,), uint16, ascending; made by harness/tuning/kept_tokens.py.
KEPT_TOKENS = ADAPTERS / "tokens.npy"
# The adapter of the question encoder, in peft's format; made by harness/tuning/question_encoder.py.
QUESTIONS = ADAPTERS / "minilm-questions"


@dataclass(frozen=True, slots=True)
class BuiltModel:
    """A tuned model: its name, its role, and the GGUF kinds that are built.

    adapter_of: the model whose adapter it has, by default its own.
    """

    name: str
    role: str
    kinds: tuple[str, ...]
    adapter_of: str = ""

    @property
    def adapter(self) -> Path:
        """Return the committed adapter, a folder in peft's format."""
        return ADAPTERS / (self.adapter_of or self.name)

    @property
    def folder(self) -> Path:
        """Return the folder of the model's files on this machine."""
        return store.home() / "models" / f"{self.name}-{_source_hash(self.name)}"

    def gguf(self, kind: str) -> Path:
        """Return the path of the GGUF file of one kind, which need not exist."""
        return self.folder / f"{self.name}-{kind}.gguf"


# Some lab uses each kind: F32 as reference, F16, Q8_0 (the best trade-off), and three 4-bit kinds that lose
# quality.
LARGE = BuiltModel("smollm2-135m-support", "large", (FULL, "F16", "Q8_0", "Q4_0", "Q4_1", "Q4_K_M"))
STUDENT = BuiltModel("smollm2-85m-support", "student", (FULL, "Q8_0", "Q4_0"))
# The student with fewer tokens. It cannot draft for the large model, whose tokens have other numbers.
COMPACT = BuiltModel(
    "smollm2-65m-support", "compact", (FULL, "Q8_0", "Q4_0"), adapter_of=STUDENT.name
)
BUILT = (LARGE, STUDENT, COMPACT)


def encoder_file() -> Path:
    """Return the path of the question encoder for llama.cpp, which need not exist."""
    parts = f"{MINILM.sha256}|{_adapter_hash(QUESTIONS.name)}"
    made_of = hashlib.sha256(parts.encode()).hexdigest()[:12]
    return store.home() / "models" / f"{QUESTIONS.name}-{made_of}-F16.gguf"


@cache
def _source_hash(name: str) -> str:
    """Return 12 hex digits of a hash: base model and the large model's adapter.

    For the student and the compact model, the student's adapter and KEPT are hashed, too, and for the latter
    its tokens.
    """
    parts = [SMOLLM2.sha256, _adapter_hash(LARGE.name)]
    if name != LARGE.name:
        parts += [_adapter_hash(STUDENT.name), str(KEPT)]
    if name == COMPACT.name:
        parts.append(store.sha256(KEPT_TOKENS))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12]


def _adapter_hash(name: str) -> str:
    file = ADAPTERS / name / "adapter_model.safetensors"
    if not file.exists():
        raise store.StoreError(f"The adapter of {name} is missing: reinstall the package under500.")
    return store.sha256(file)

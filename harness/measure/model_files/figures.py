"""Stored figures of each model file: size, divergence from the full file, quality and speed.

Speed and divergence are measured on this machine and stored under the file's hash and the machine's
fingerprint. Quality takes minutes a file and hardly depends on the machine: the values measured when the
adapters were made are shipped with them, and shown as shipped until they are measured here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ValidationError

from harness import store
from harness.measure.machine import describe
from harness.measure.model_files.divergence import Divergence, Scoring, divergence, held_out
from harness.measure.model_files.token_speed import token_speed
from harness.measure.quality.exam import ExamItem, evaluate
from harness.models.engines.language_model import LanguageModel
from harness.models.engines.llama_model import LlamaModel
from harness.models.offline import ADAPTERS
from harness.models.served import ModelFile
from harness.stages.fastest_draft import fastest_draft
from harness.stages.prompt import stuffed_prompt

SHIPPED = ADAPTERS / "quality.json"
PASSAGES = 3  # in the prompts for speed and divergence: as many as most labs retrieve
HELD_OUT = 4  # conversations of about 330 tokens: 1,300 predictions compared


class Exam(BaseModel, frozen=True):
    """The result of an exam: shares over `n` questions with `passages` passages each.

    where: "here", or "shipped" if it was measured when the adapters were made.
    """

    exact: float
    refusal: float
    n: int
    passages: int
    where: str


class Figures(BaseModel, frozen=True):
    """The figures of one file; kl and top1 are None if there is no full file to compare with."""

    name: str
    role: str
    engine: str
    file_mb: float
    bytes_by_type: dict[str, int]
    kl: float | None
    top1: float | None
    quality: Exam | None
    prefill_tok_s: float
    decode_tok_s: float
    ttft_ms: float
    prompt_tokens: int
    bandwidth_share: float  # bytes of weights read a second / memory bandwidth
    draft: str = ""  # the prompt lookup that pays here, "" for another engine


def figures(
    file: ModelFile, items: Sequence[ExamItem], bandwidth_gbs: float, fresh: bool = False
) -> Figures:
    """Return the stored figures of `file`, or measure and store them, which takes some ten seconds.

    items: questions with passages; all are used for the speed, the first HELD_OUT for the divergence.
    bandwidth_gbs: memory bandwidth, 10**9 bytes a second. fresh: measure even if figures are stored. Raises
    StoreError if the file is missing or damaged.
    """
    result = None if fresh else _stored(_path(file))
    if result is None:
        result = measure(file, items, bandwidth_gbs)
        with store.atomic_write(_path(file)) as part:
            part.write_text(result.model_dump_json(indent=2))
    return result.model_copy(update={"quality": quality_of(file)})


def measure(file: ModelFile, items: Sequence[ExamItem], bandwidth_gbs: float) -> Figures:
    """Load the file and measure everything except its quality."""
    model = file.load()
    prompts = [stuffed_prompt(item.case.question, list(item.chunks)) for item in items]
    speed = token_speed(model, prompts)
    distance = _divergence(file, model, held_out(items[:HELD_OUT]))
    sizes = file.bytes_by_type()
    return Figures(
        name=file.name,
        role=file.role,
        engine=file.engine,
        file_mb=round(file.path.stat().st_size / 1e6, 1),
        bytes_by_type=sizes,
        kl=distance.kl if distance else None,
        top1=distance.top1 if distance else None,
        quality=None,
        prefill_tok_s=round(speed.prefill_tok_s, 1),
        decode_tok_s=round(speed.decode_tok_s, 1),
        ttft_ms=round(speed.ttft_ms, 1),
        prompt_tokens=speed.prompt_tokens,
        bandwidth_share=round(sum(sizes.values()) * speed.decode_tok_s / bandwidth_gbs / 1e9, 3),
        draft=_draft(model),
    )


def _draft(model: LanguageModel) -> str:
    context = getattr(model, "context", None)  # torch reads the text anew for every token
    if context is None:
        return ""
    length = fastest_draft(context, getattr(model, "opening", ())).length
    return f"lookup of {length}" if length else "none"


def examine(file: ModelFile, items: Sequence[ExamItem], progress: bool = True) -> Exam:
    """Let the model answer the items and store the result. Raises StoreError."""
    result = evaluate(file.load(), items, progress).to_json()
    exam = Exam(
        exact=result["exact"],
        refusal=result["refusal"],
        n=len(items),
        passages=max(len(item.chunks) for item in items),
        where="here",
    )
    with store.atomic_write(_exam_path(file)) as part:
        part.write_text(exam.model_dump_json(indent=2))
    return exam


def ship(files: Sequence[ModelFile]) -> Path:
    """Write the exams measured here beside the adapters, for all users, and return the file's path."""
    exams = {file.name: exam for file in files if (exam := quality_of(file)) is not None}
    values = {name: exam.model_dump() | {"where": "shipped"} for name, exam in exams.items()}
    SHIPPED.write_text(json.dumps(values, indent=2) + "\n")
    return SHIPPED


def quality_of(file: ModelFile) -> Exam | None:
    """Return the exam measured here, or else the one shipped with the adapters, or else None."""
    if store.intact(_exam_path(file)):
        return Exam.model_validate_json(_exam_path(file).read_text())
    shipped = json.loads(SHIPPED.read_text()) if SHIPPED.exists() else {}
    return Exam(**shipped[file.name]) if file.name in shipped else None


def _divergence(file: ModelFile, model: Scoring, texts: Sequence[str]) -> Divergence | None:
    if file.reference is None:
        return None
    if file.reference == file.path:
        return Divergence(kl=0.0, top1=1.0, n=0)
    return divergence(model, LlamaModel(file.reference), texts)


def _stored(path: Path) -> Figures | None:
    """Return the stored figures; None if there are none, or an older version wrote them."""
    if not store.intact(path):
        return None
    try:
        return Figures.model_validate_json(path.read_text())
    except ValidationError:
        return None


def _path(file: ModelFile) -> Path:
    machine = describe.describe()
    versions = map(str, sorted(machine.versions.items()))
    key = "|".join((file.sha256, machine.fingerprint(), *versions))
    return _folder() / f"{file.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.json"


def _exam_path(file: ModelFile) -> Path:
    return _folder() / f"{file.name}-exam-{file.sha256[:12]}.json"


def _folder() -> Path:
    return store.home() / "figures"

"""What is known of each model file: size, closeness to the full file, quality and speed, kept once measured.

Speed and divergence are measured on this machine and kept with the file's hash and the machine's fingerprint.
Quality takes minutes a file and hardly depends on the machine: what was measured when the adapters were
made is shipped with them, and shown as such until it is measured here.
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
from harness.models.engines.llama_model import LlamaModel
from harness.models.offline import ADAPTERS
from harness.models.served import Served
from harness.stages.prompt import stuffed_prompt

SHIPPED = ADAPTERS / "quality.json"
PASSAGES = 3  # in the prompts that speed and divergence are measured with: what most labs retrieve
HELD_OUT = 4  # conversations of about 330 tokens: 1,300 predictions compared


class Exam(BaseModel, frozen=True):
    """Shares over `n` questions with `passages` passages each.

    where: "here", or "shipped" when it was measured as the adapters were made.
    """

    exact: float
    refusal: float
    n: int
    passages: int
    where: str


class Figures(BaseModel, frozen=True):
    """All of one file. kl and top1 are None where there is no full file to compare with."""

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
    bandwidth_share: float  # bytes of weights read a second, of what memory can deliver


def figures(
    one: Served, items: Sequence[ExamItem], bandwidth_gbs: float, fresh: bool = False
) -> Figures:
    """What is known of `one`, measured now if it was not before: some ten seconds. Raises StoreError.

    bandwidth_gbs: what memory delivers, 10**9 bytes a second. fresh: measure it in any case.
    """
    known = None if fresh else _known(_place(one))
    if known is None:
        known = measured(one, items, bandwidth_gbs)
        with store.written(_place(one)) as part:
            part.write_text(known.model_dump_json(indent=2))
    return known.model_copy(update={"quality": quality_of(one)})


def measured(one: Served, items: Sequence[ExamItem], bandwidth_gbs: float) -> Figures:
    """Load the file and measure all but its quality."""
    model = one.load()
    speed = token_speed(model, [stuffed_prompt(s.case.question, list(s.chunks)) for s in items])
    away = _away(one, model, held_out(items[:HELD_OUT]))
    sizes = one.bytes_by_type()
    return Figures(
        name=one.name,
        role=one.role,
        engine=one.engine,
        file_mb=round(one.path.stat().st_size / 1e6, 1),
        bytes_by_type=sizes,
        kl=away.kl if away else None,
        top1=away.top1 if away else None,
        quality=None,
        prefill_tok_s=round(speed.prefill_tok_s, 1),
        decode_tok_s=round(speed.decode_tok_s, 1),
        ttft_ms=round(speed.ttft_ms, 1),
        prompt_tokens=speed.prompt_tokens,
        bandwidth_share=round(sum(sizes.values()) * speed.decode_tok_s / bandwidth_gbs / 1e9, 3),
    )


def examined(one: Served, items: Sequence[ExamItem], progress: bool = True) -> Exam:
    """Let the model answer `sheets` and keep the result. Raises StoreError."""
    result = evaluate(one.load(), items, progress).to_json()
    exam = Exam(
        exact=result["exact"],
        refusal=result["refusal"],
        n=len(items),
        passages=max(len(item.chunks) for item in items),
        where="here",
    )
    with store.written(_exam_place(one)) as part:
        part.write_text(exam.model_dump_json(indent=2))
    return exam


def ship(files: Sequence[Served]) -> Path:
    """Put what was measured here beside the adapters, for everybody. Returns the file."""
    exams = {one.name: exam for one in files if (exam := quality_of(one)) is not None}
    values = {name: exam.model_dump() | {"where": "shipped"} for name, exam in exams.items()}
    SHIPPED.write_text(json.dumps(values, indent=2) + "\n")
    return SHIPPED


def quality_of(one: Served) -> Exam | None:
    """What was measured here, else what came with the adapters, else nothing."""
    if store.intact(_exam_place(one)):
        return Exam.model_validate_json(_exam_place(one).read_text())
    shipped = json.loads(SHIPPED.read_text()) if SHIPPED.exists() else {}
    return Exam(**shipped[one.name]) if one.name in shipped else None


def _away(one: Served, model: Scoring, texts: Sequence[str]) -> Divergence | None:
    if one.reference is None:
        return None
    if one.reference == one.path:
        return Divergence(kl=0.0, top1=1.0, n=0)
    return divergence(model, LlamaModel(one.reference), texts)


def _known(file: Path) -> Figures | None:
    """Figures kept earlier; None when there are none, or an older version wrote them."""
    if not store.intact(file):
        return None
    try:
        return Figures.model_validate_json(file.read_text())
    except ValidationError:
        return None


def _place(one: Served) -> Path:
    here = describe.describe()
    made = "|".join((one.sha256, here.fingerprint(), *map(str, sorted(here.versions.items()))))
    return _folder() / f"{one.name}-{hashlib.sha256(made.encode()).hexdigest()[:12]}.json"


def _exam_place(one: Served) -> Path:
    return _folder() / f"{one.name}-exam-{one.sha256[:12]}.json"


def _folder() -> Path:
    return store.home() / "figures"

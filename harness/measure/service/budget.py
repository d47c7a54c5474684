"""A budget of time: what the parts of a request take, and what each technique would move.

It is made from a result of `under500 profile` or `under500 bench`, from the baseline's calibration, or from
the numbers of the interview question. The page `under500 budget` computes with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from harness import semconv
from harness.errors import WrongUseError
from harness.knobs import Calibration
from harness.measure.service.parts import CONNECTION, FIRST, REPLY, SERVER, SMALL_MS, WRITING

LIMIT_MS = 500.0
MOST_BYTES = 20_000_000  # of a result's file
# The table of the interview question: no measurement.
QUESTION_MS = {
    semconv.NETWORK: 100.0,
    semconv.PREPROCESS: 200.0,
    semconv.RETRIEVE: 300.0,
    semconv.GENERATE: 2500.0,
    semconv.POSTPROCESS: 100.0,
}


class Kind(StrEnum):
    """What a part of a request does, and so which techniques move it."""

    NETWORK = "network"
    PREPROCESS = "preprocess"
    RETRIEVE = "retrieve"
    GENERATE = "generate"
    POSTPROCESS = "postprocess"
    OTHER = "other"


# Assumed share of a part that comes after the first text, where no stream tells.
AFTER = {Kind.GENERATE: 0.5, Kind.POSTPROCESS: 1.0}
ASSUMED = "; half of the model's time is assumed to come after its first text"
KINDS = {
    CONNECTION: Kind.NETWORK,
    REPLY: Kind.GENERATE,
    SERVER: Kind.GENERATE,
    FIRST: Kind.GENERATE,
    WRITING: Kind.GENERATE,
} | {name: Kind(name) for name in QUESTION_MS}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request: median ms, and how many of them come after the first text."""

    name: str
    kind: Kind
    ms: float
    after_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Budget:
    """The parts of a request. source: what the numbers are, in words. streamed: whether users see text early.

    bench: (factor, low, high, n) of a change that `bench` has measured, end-to-end, if there is one.
    """

    name: str
    source: str
    parts: tuple[Part, ...]
    streamed: bool = False
    prompt_tokens: float = 0.0
    tokens: float = 0.0
    bench: tuple[float, float, float, int] | None = None

    def to_json(self) -> dict[str, object]:
        """Return plain types for the page."""
        return asdict(self) | {"limit_ms": LIMIT_MS}


class _Spread(BaseModel):
    p50: float | None = Field(default=None, ge=0)
    n: int = 0


class _Ceiling(BaseModel):
    part: str
    part_ms: float = Field(ge=0)


class _Profile(BaseModel):
    name: str
    e2e_ms: _Spread
    ttft_ms: _Spread
    streamed: bool
    prompt_tokens: float | None = None
    completion_tokens: float | None = None
    ceilings: list[_Ceiling] = Field(min_length=1)


class _Ratio(BaseModel):
    p50: float = Field(gt=0)
    low: float
    high: float


class _Bench(BaseModel):
    a: str
    b: str
    n: int
    e2e_ms: dict[str, _Spread]
    ttft_ms: dict[str, _Spread]
    ratio: _Ratio


def read_budget(path: Path) -> Budget:
    """Return the budget from a file whose last line is the result of `profile` or `bench` with --json.

    Raises WrongUseError if it is something else.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
    except OSError as error:
        raise WrongUseError(f"{path} cannot be read ({error.strerror}).") from error
    line = (data.strip().splitlines() or [b""])[-1]
    for kind, made in ((_Profile, _from_profile), (_Bench, _from_bench)):
        try:
            return made(kind.model_validate_json(line))
        except ValidationError:
            continue
    raise WrongUseError(
        f"{path} holds no result with times: write one with `under500 profile … --json | tee "
        "result.json`, or with `bench`."
    )


def calibrated(record: Calibration) -> Budget:
    """Return the budget of the slow assistant on this machine."""
    n = f"n = {record.n}" if record.n else "estimated"
    source = (
        f"the slow assistant on this machine, p50, {n}; the network's distance is emulated (SIM)"
    )
    return Budget("baseline", source + ASSUMED, _stages(record.stages_ms))


def asked() -> Budget:
    """Return the budget of the interview question."""
    source = "the interview question's table, not measured"
    return Budget("the slow assistant", source + ASSUMED, _stages(QUESTION_MS))


def _stages(stages_ms: Mapping[str, float]) -> tuple[Part, ...]:
    found = [(name, Kind(name), ms) for name, ms in stages_ms.items() if name in QUESTION_MS]
    return tuple(_unstreamed(found))


def _unstreamed(rows: Sequence[tuple[str, Kind, float]]) -> list[Part]:
    """Return parts with the share that is assumed to come after the first text, were it shown."""
    return [Part(name, kind, ms, AFTER.get(kind, 0.0) * ms) for name, kind, ms in rows]


def _from_profile(result: _Profile) -> Budget:
    e2e, ttft = result.e2e_ms.p50, result.ttft_ms.p50
    after = max(0.0, e2e - ttft) if e2e and ttft else 0.0
    rows = [(row.part, KINDS.get(row.part, Kind.OTHER), row.part_ms) for row in result.ceilings]
    if not result.streamed:
        parts = _unstreamed(rows)
    elif any(name == WRITING for name, _, _ in rows):
        parts = [Part(name, kind, ms, ms if name == WRITING else 0.0) for name, kind, ms in rows]
    else:
        parts = _with_stages(rows, after)
    source = f"{result.name}, warm requests, medians, n = {result.e2e_ms.n}, measured at the client"
    source += "" if result.streamed else ASSUMED
    tokens = (result.prompt_tokens or 0.0, result.completion_tokens or 0.0)
    return Budget(result.name, source, tuple(parts), result.streamed, *tokens)


def _with_stages(rows: Sequence[tuple[str, Kind, float]], after_ms: float) -> list[Part]:
    """Return parts of which `after_ms` come after the first text: post-processing, and the model's last."""
    last = sum(ms for _, kind, ms in rows if kind is Kind.POSTPROCESS)
    late = {Kind.POSTPROCESS: last, Kind.GENERATE: max(0.0, after_ms - last)}
    return [Part(name, kind, ms, min(ms, late.get(kind, 0.0))) for name, kind, ms in rows]


def _from_bench(result: _Bench) -> Budget:
    e2e, ttft = (times["a"].p50 or 0.0 for times in (result.e2e_ms, result.ttft_ms))
    source = f"{result.a}, p50, n = {result.n}, measured at the client, beside {result.b}"
    change = (result.ratio.p50, result.ratio.low, result.ratio.high, result.n)
    if e2e - ttft < SMALL_MS:
        whole = tuple(_unstreamed([("whole answer", Kind.GENERATE, e2e)]))
        return Budget(result.a, source + ASSUMED, whole, bench=change)
    first = Part("until the first text", Kind.GENERATE, ttft)
    writing = Part(WRITING, Kind.GENERATE, e2e - ttft, e2e - ttft)
    return Budget(result.a, source, (first, writing), streamed=True, bench=change)

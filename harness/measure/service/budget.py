"""A budget of time: what the parts of a request take, and what each technique would move.

It is made from a result of `under500 profile` or `under500 bench`, from the baseline's calibration, or from
the numbers of the interview question. The page `under500 budget` computes with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError

from harness import semconv
from harness.errors import WrongUseError
from harness.knobs import Calibration
from harness.measure.service.bounded_file import read_bounded
from harness.measure.service.parts import (
    CONNECTION,
    FIRST,
    PREFILL,
    REPLY,
    SERVER,
    SMALL_MS,
    WRITING,
)
from harness.measure.service.service_report import LIMIT_MS
from harness.measure.stats import MEDIAN_FROM

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


# Assumed share of a part that would come after the first text, if an answer in one piece were streamed.
AFTER = {Kind.GENERATE: 0.5, Kind.POSTPROCESS: 1.0}
# Medians of parts do not add up to the median of the whole, and parts below 1 ms are in no result.
REMAINDER, LEAST_MS = "rest", 0.05
FILLED = "; “rest” is what the parts leave of the whole's median, and parts that sum to more are made smaller"
WHOLE = "; answers came in one piece, so that the first text comes with the last"
KINDS = {
    CONNECTION: Kind.NETWORK,
    REPLY: Kind.GENERATE,
    SERVER: Kind.GENERATE,
    FIRST: Kind.GENERATE,
    PREFILL: Kind.GENERATE,
    WRITING: Kind.GENERATE,
} | {name: Kind(name) for name in QUESTION_MS}


Row = tuple[str, Kind, float]  # a part's name, kind and median in ms


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a request: median ms, and how many of them come after the first text."""

    name: str
    kind: Kind
    ms: float
    after_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """A change that `bench` has measured. factor: end-to-end, with its interval and n.

    after_share: of its time, what came after the first text; None if neither side was streamed.
    """

    factor: float
    low: float
    high: float
    n: int
    after_share: float | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """The parts of a request. source: what the numbers are, in words. streamed: whether users see text early.

    prompt_tokens, tokens: read and written for an answer; None if they are not known. mean_ratio: the mean
    end-to-end time over the median; None if it is not known. course: whether it is the course's own slow
    assistant, for which the labs' techniques are known to work. beside: programs that disturbed the
    measurement; "" if none did.
    """

    name: str
    source: str
    parts: tuple[Part, ...]
    streamed: bool = False
    prompt_tokens: float | None = None
    tokens: float | None = None
    mean_ratio: float | None = None
    bench: Change | None = None
    course: bool = False
    beside: str = ""

    def to_json(self) -> dict[str, object]:
        """Return plain types for the page."""
        return asdict(self) | {"limit_ms": LIMIT_MS}


class _Spread(BaseModel):
    p50: float | None = Field(default=None, ge=0)
    mean: float | None = Field(default=None, ge=0)
    n: int = 0


class _Ceiling(BaseModel):
    part: str
    part_ms: float = Field(ge=0)


class _Profile(BaseModel):
    name: str
    e2e_ms: _Spread
    ttft_ms: _Spread = Field(default_factory=_Spread)
    streamed: bool
    prompt_tokens: float | None = None
    completion_tokens: float | None = None
    ceilings: list[_Ceiling]
    beside: str = ""


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
    ratio: _Ratio | None
    beside: str = ""

    def medians(self, side: str) -> tuple[float, float]:
        """Return TTFT and end-to-end of a side that has enough answers."""
        e2e = self.e2e_ms[side].p50
        return self.ttft_ms[side].p50 or e2e, e2e


def read_budget(path: Path) -> Budget:
    """Return the budget from a file whose last line is the result of `profile` or `bench` with --json.

    Raises WrongUseError if it is something else, is too large, or has too few answers for a median.
    """
    line = (read_bounded(path).strip().splitlines() or [b""])[-1]
    for kind, made in ((_Profile, _from_profile), (_Bench, _from_bench)):
        try:
            found = kind.model_validate_json(line)
            return replace(made(found), beside=found.beside)
        except ValidationError:
            continue
    raise WrongUseError(
        f"{path} holds no result with times: write one with `under500 profile … --json | tee -i "
        "result.json`, or with `bench`."
    )


def calibrated(record: Calibration) -> Budget:
    """Return the budget of the slow assistant on this machine."""
    n = f"n = {record.n}" if record.n else "estimated"
    source = (
        f"the slow assistant on this machine, p50, {n}; the network's distance is emulated (SIM)"
    )
    return Budget("baseline", source + WHOLE, _stages(record.stages_ms), course=True)


def asked() -> Budget:
    """Return the budget of the interview question."""
    source = "the interview question's table, not measured"
    return Budget("the slow assistant", source + WHOLE, _stages(QUESTION_MS), course=True)


def _stages(stages_ms: Mapping[str, float]) -> tuple[Part, ...]:
    found = [(name, Kind(name), ms) for name, ms in stages_ms.items() if name in QUESTION_MS]
    return tuple(_unstreamed(found))


def _unstreamed(rows: Sequence[Row]) -> list[Part]:
    """Return parts with the share that is assumed to come after the first text, were it shown."""
    return [Part(name, kind, ms, AFTER.get(kind, 0.0) * ms) for name, kind, ms in rows]


def _check_median(p50: object, n: int, answers: str) -> None:
    if p50 is None:
        raise WrongUseError(
            f"The result has no median, because {n} {answers} are too few: {MEDIAN_FROM} are needed."
        )


def _from_profile(result: _Profile) -> Budget:
    p50 = result.e2e_ms.p50
    _check_median(p50, result.e2e_ms.n, "warm requests")
    rows = [(row.part, KINDS.get(row.part, Kind.OTHER), row.part_ms) for row in result.ceilings]
    parts = _measured(rows, result) if result.streamed else _unstreamed(_filled(rows, p50))
    source = f"{result.name}, warm requests, medians, n = {result.e2e_ms.n}, measured at the client"
    source += FILLED if result.streamed else FILLED + WHOLE
    tokens = result.prompt_tokens, result.completion_tokens
    ratio = result.e2e_ms.mean / p50 if result.e2e_ms.mean and p50 else None
    return Budget(result.name, source, tuple(parts), result.streamed, *tokens, ratio)


def _measured(rows: Sequence[Row], result: _Profile) -> list[Part]:
    """Return parts that add up to the measured medians, of the first text and of the whole answer."""
    e2e = result.e2e_ms.p50
    writing = sum(ms for name, _, ms in rows if name == WRITING)
    first = max(0.0, e2e - writing) if result.ttft_ms.p50 is None else min(e2e, result.ttft_ms.p50)
    before = _filled([row for row in rows if row[0] != WRITING], first)
    return _streamed([*before, (WRITING, Kind.GENERATE, e2e - first)])


def _filled(rows: Sequence[Row], total_ms: float) -> list[Row]:
    """Return parts that add up to `total_ms`: with one more, or each of them made smaller."""
    known = sum(ms for _, _, ms in rows)
    if known > total_ms:
        return [(name, kind, ms * total_ms / known) for name, kind, ms in rows]
    rest = [(REMAINDER, Kind.OTHER, total_ms - known)] if total_ms - known >= LEAST_MS else []
    return [*rows, *rest]


def _streamed(rows: Sequence[Row]) -> list[Part]:
    """Return parts as they were measured: all that comes after the first text is `writing`."""
    return [Part(name, kind, ms, ms if name == WRITING else 0.0) for name, kind, ms in rows]


def _from_bench(result: _Bench) -> Budget:
    _check_median(result.ratio, result.n, "questions")
    (ttft, e2e), (change_ttft, change_e2e) = map(result.medians, "ab")
    streamed = e2e - ttft >= SMALL_MS
    share = max(0.0, 1 - change_ttft / change_e2e)
    known = streamed or change_e2e - change_ttft >= SMALL_MS
    ratio = result.ratio
    change = Change(ratio.p50, ratio.low, ratio.high, result.n, share if known else None)
    source = f"{result.a}, p50, n = {result.n}, measured at the client, beside {result.b}"
    if not streamed:
        whole = tuple(_unstreamed([("whole answer", Kind.GENERATE, e2e)]))
        return Budget(result.a, source + WHOLE, whole, bench=change)
    parts = _streamed(
        [("until the first text", Kind.GENERATE, ttft), (WRITING, Kind.GENERATE, e2e - ttft)]
    )
    return Budget(result.a, source, tuple(parts), streamed=True, bench=change)

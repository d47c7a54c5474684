"""The floor of each stage: the least time that its work can take on a machine, beside the measured time.

Three limits are counted: distance (one round trip), memory (bytes that must be read, at the measured
bandwidth), and arithmetic (operations, at the measured peak); of the last two the longer one is the limit of
a pass through a model, see `harness.measure.model_files.roofline`. Work on a few hundred characters has a
floor of 0. Attention and its keys and values, a few percent of a short prompt, are left out, so a floor is
never too high because of them.

A floor belongs to the work that an assistant does: a smaller model, a shorter prompt or accepted drafts
lower the floor itself. What remains above it is the cost of how the work is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from harness import semconv
from harness.measure.latency.trace import Trace
from harness.measure.model_files.peak import Peaks
from harness.measure.model_files.roofline import GIGA, Roof, pass_limit_ms

MEGA = 1e6
MS_PER_S = 1e3
READ, WRITE, BETWEEN = "LLM reads the prompt", "LLM writes the tokens", "LLM between its passes"
OUTSIDE = "outside the stages"
UNKNOWN = "unknown: the model or the search cannot be observed"
NO_STAGES = "unknown: no model was observed, so its work may be here"
ANY_MODEL = 100_000_000  # bytes; a small quantised model, where no model is known


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights that one pass through a model reads.

    bytes: of all of them. every_token: parameters that multiply each token. output: parameters that multiply
    only the tokens whose scores are needed. numbers: the format, one of `peak.FORMATS`.
    """

    bytes: int
    every_token: int
    output: int = 0
    numbers: str = "fp32"

    def operands(self, tokens: int, scored: int) -> int:
        """Return the multiply-adds of a pass over `tokens` tokens with scores for `scored` of them."""
        return self.every_token * tokens + self.output * scored

    def pass_ms(self, roof: Roof, tokens: int, scored: int) -> float:
        """Return the least time of such a pass, in ms."""
        return pass_limit_ms(roof, self.bytes, self.operands(tokens, scored), 1)

    def memory_ms(self, roof: Roof) -> float:
        """Return the time to read the weights once, in ms."""
        return self.bytes / (roof.bandwidth_gbs * GIGA) * MS_PER_S


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass through the language model: its tokens, those with scores, and its time in ms."""

    tokens: int
    scored: int
    ms: float


@dataclass(frozen=True, slots=True)
class Request:
    """A measured request.

    passes: those of the language model, in order; the first reads the prompt. question_tokens: for the
    embedder. vectors: how many the search has to compare. Both are None if that is not known.
    """

    trace: Trace
    passes: tuple[Pass, ...] = ()
    question_tokens: int | None = None
    vectors: int | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What is known about an assistant; None for a part whose work is not known.

    vector_bytes: of one vector of the search.
    """

    rtt_ms: float
    embedder: Weights | None = None
    vector_bytes: int | None = None
    model: Weights | None = None

    @property
    def weight_bytes(self) -> int:
        """Return the bytes of the language model, over which the bandwidth should be measured."""
        known = [weights for weights in (self.model, self.embedder) if weights]
        return known[0].bytes if known else ANY_MODEL


@dataclass(frozen=True, slots=True)
class StageFloor:
    """One stage: medians in ms, and what the floor counts. floor_ms: None if it is not known."""

    stage: str
    measured_ms: float
    floor_ms: float | None
    counts: str
    simulated: bool = False

    @property
    def left_ms(self) -> float | None:
        """Return the time above the floor, in ms; None if the floor is not known."""
        return None if self.floor_ms is None else self.measured_ms - self.floor_ms


@dataclass(frozen=True, slots=True)
class FloorReport:
    """The floors of an entry's stages. e2e_ms: end-to-end p50 of `n` requests, from spans.

    beside: which programs used the machine meanwhile; "" if it was quiet.
    """

    name: str
    n: int
    e2e_ms: float
    stages: tuple[StageFloor, ...]
    peaks: Peaks
    cpu: str
    beside: str = ""

    @property
    def floor_ms(self) -> float:
        """Return the sum of the known floors, in ms."""
        return sum(stage.floor_ms or 0.0 for stage in self.stages)

    @property
    def times(self) -> float | None:
        """Return end-to-end / floor; None if a floor is not known, or there is nothing to divide by."""
        return self.e2e_ms / self.floor_ms if self.floor_ms and not self.unknown else None

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the stages without a floor."""
        return tuple(stage.stage for stage in self.stages if stage.floor_ms is None)

    @property
    def largest(self) -> StageFloor:
        """Return the stage with the largest remainder, among those with a floor."""
        known = [stage for stage in self.stages if stage.left_ms is not None]
        return max(known, key=lambda stage: stage.left_ms)

    def to_json(self) -> dict[str, object]:
        """Return plain types for `json.dumps`; `left_ms` is measured minus floor."""
        stages = [asdict(stage) | {"left_ms": stage.left_ms} for stage in self.stages]
        totals = {"floor_ms": self.floor_ms, "times": self.times}
        return asdict(self) | totals | {"stages": stages, "unknown": list(self.unknown)}


def floor_report(
    name: str, parts: Parts, requests: Sequence[Request], peaks: Peaks, cpu: str
) -> FloorReport:
    """Return the floors of an entry from its measured requests, in the order of the stages.

    Raises ValueError for no requests. The medians of the stages need not add up to that of the requests.
    """
    if not requests:
        raise ValueError("Give at least one measured request.")
    by_stage: dict[str, Callable[..., Iterator[StageFloor]]] = {
        semconv.NETWORK: _network,
        semconv.PREPROCESS: _preprocess,
        semconv.RETRIEVE: _retrieve,
        semconv.GENERATE: _generate,
        semconv.POSTPROCESS: _postprocess,
    }
    stages = [
        row
        for stage, rows in by_stage.items()
        if (ran := [r for r in requests if stage in r.trace.stage_ms()])
        for row in rows(parts, ran, peaks)
    ]
    e2e_ms = median(request.trace.total_ms for request in requests)
    return FloorReport(name, len(requests), e2e_ms, (*stages, _outside(requests)), peaks, cpu)


def _measured(stage: str, requests: Sequence[Request]) -> float:
    return median(request.trace.stage_ms()[stage] for request in requests)


def _network(parts: Parts, requests: Sequence[Request], peaks: Peaks) -> Iterator[StageFloor]:
    counts = f"1 round trip of {parts.rtt_ms:g} ms"
    measured = _measured(semconv.NETWORK, requests)
    yield StageFloor(semconv.NETWORK, measured, parts.rtt_ms, counts, simulated=True)


def _preprocess(parts: Parts, requests: Sequence[Request], peaks: Peaks) -> Iterator[StageFloor]:
    measured = _measured(semconv.PREPROCESS, requests)
    tokens = [r.question_tokens for r in requests if r.question_tokens is not None]
    if parts.embedder is None or not tokens:
        yield StageFloor(semconv.PREPROCESS, measured, None, UNKNOWN)
        return
    once = [[Pass(count, 0, 0.0)] for count in tokens]
    yield StageFloor(semconv.PREPROCESS, measured, *_passes(parts.embedder, once, peaks))


def _retrieve(parts: Parts, requests: Sequence[Request], peaks: Peaks) -> Iterator[StageFloor]:
    measured = _measured(semconv.RETRIEVE, requests)
    compared = [r.vectors for r in requests if r.vectors is not None]
    if parts.vector_bytes is None or not compared:
        yield StageFloor(semconv.RETRIEVE, measured, None, UNKNOWN)
        return
    read = parts.vector_bytes * median(compared)
    floor_ms = read / (peaks.bandwidth_gbs * GIGA) * MS_PER_S
    counts = f"{median(compared):,.0f} vectors, {read / MEGA:.2g} MB, {_at_bandwidth(peaks)}"
    yield StageFloor(semconv.RETRIEVE, measured, floor_ms, counts)


def _generate(parts: Parts, requests: Sequence[Request], peaks: Peaks) -> Iterator[StageFloor]:
    """Yield reading, writing and the time between the passes; one row if the passes were not observed."""
    observed = [request for request in requests if request.passes]
    if parts.model is None or not observed:
        yield StageFloor(semconv.GENERATE, _measured(semconv.GENERATE, requests), None, UNKNOWN)
        return
    read = [request.passes[:1] for request in observed]
    yield StageFloor(READ, _median_ms(read), *_passes(parts.model, read, peaks))
    if wrote := [request.passes[1:] for request in observed if request.passes[1:]]:
        yield StageFloor(WRITE, _median_ms(wrote), *_passes(parts.model, wrote, peaks))
    rest = [r.trace.stage_ms()[semconv.GENERATE] - sum(p.ms for p in r.passes) for r in observed]
    yield StageFloor(
        BETWEEN, median(rest), 0.0, "none for tokens to text and back, choices, drafts"
    )


def _postprocess(parts: Parts, requests: Sequence[Request], peaks: Peaks) -> Iterator[StageFloor]:
    measured = _measured(semconv.POSTPROCESS, requests)
    yield StageFloor(semconv.POSTPROCESS, measured, 0.0, "none for a few hundred characters")


def _outside(requests: Sequence[Request]) -> StageFloor:
    times = [r.trace.total_ms - sum(r.trace.stage_ms().values()) for r in requests]
    if not any(semconv.GENERATE in r.trace.stage_ms() for r in requests):
        return StageFloor(OUTSIDE, median(times), None, NO_STAGES)
    return StageFloor(
        OUTSIDE, median(times), 0.0, "none for threads, events and messages of the server"
    )


def _median_ms(passes: Sequence[Sequence[Pass]]) -> float:
    return median(sum(one.ms for one in request) for request in passes)


def _passes(
    weights: Weights, requests: Sequence[Sequence[Pass]], peaks: Peaks
) -> tuple[float, str]:
    """Return the median of the requests' floors in ms, and what it counts, for the median request."""
    roof = peaks.roof(weights.numbers)
    floors = [
        sum(weights.pass_ms(roof, p.tokens, p.scored) for p in request) for request in requests
    ]
    number = median(len(request) for request in requests)
    tokens = median(sum(p.tokens for p in request) for request in requests)
    if median(floors) > 1.001 * number * weights.memory_ms(roof):  # else only rounding differs
        return median(floors), _arithmetic(weights, tokens, peaks)
    times = "once" if number == 1 else f"in each of {number:g} passes"
    mega = weights.bytes / MEGA
    counts = f"{mega:.0f} MB of weights read {times} ({tokens:g} tokens) {_at_bandwidth(peaks)}"
    return median(floors), counts


def _arithmetic(weights: Weights, tokens: float, peaks: Peaks) -> str:
    numbers = peaks.fastest(weights.numbers)
    millions, speed = weights.every_token / MEGA, peaks.gflops[numbers]
    return f"2 x {millions:.1f} M operations x {tokens:g} tokens at {speed:,g} GFLOP/s ({numbers})"


def _at_bandwidth(peaks: Peaks) -> str:
    return f"at {peaks.bandwidth_gbs:g} GB/s"

"""A trace as the rows of a waterfall, and its finding in one sentence."""

from __future__ import annotations

from dataclasses import dataclass

from harness import semconv
from harness.measure.latency.trace import Span, Trace
from harness.show.number_formats import duration, ms, percent

LABELS = {  # the words in the table of the interview question
    semconv.NETWORK: "network",
    semconv.PREPROCESS: "preprocessing",
    semconv.RETRIEVE: "vector search",
    semconv.GENERATE: "LLM",
    semconv.POSTPROCESS: "post-processing",
}
WITH_ARTICLE = {semconv.NETWORK: "the network", semconv.GENERATE: "the LLM"}
OUTSIDE = "outside stages"  # the time of the request that lies in no stage
WORTH_A_ROW = 0.02  # of the request; less time outside the stages gets no row
SCOPES = {semconv.REQUEST: "end-to-end", semconv.SERVER: "on the server"}  # by root span


@dataclass(frozen=True, slots=True)
class Row:
    """One stage. bars: (start, duration) of each interval in ms. share: of the request's time, 0 to 1."""

    name: str
    bars: tuple[tuple[float, float], ...]
    share: float
    simulated: bool = False

    @property
    def label(self) -> str:
        """Return the name for readers, with a mark on emulated time."""
        return label(self.name, self.simulated)

    @property
    def start_ms(self) -> float:
        """Return the start of the first interval, in ms since the request began."""
        return self.bars[0][0]

    @property
    def total_ms(self) -> float:
        """Return the sum of the intervals, in ms."""
        return sum(length for _, length in self.bars)


def label(stage: str, simulated: bool) -> str:
    """Return the stage's name for readers, followed by "(SIM)" if its time is emulated."""
    return LABELS.get(stage, stage) + (" (SIM)" if simulated else "")


def named(stage: str, simulated: bool = False) -> str:
    """Return the name with its article, for a sentence: "the LLM", "the network (SIM)"."""
    return WITH_ARTICLE.get(stage, LABELS.get(stage, stage)) + (" (SIM)" if simulated else "")


def rows(trace: Trace) -> list[Row]:
    """Return one row per stage in the order of their starts, then one for the time outside all stages.

    An answer from a cache has no stages, so that all its time lies outside them.
    """
    stages = (span for span in trace.spans if span.name in semconv.STAGES)
    spans = sorted(stages, key=lambda span: span.start_ms)
    by_stage = {span.name: [s for s in spans if s.name == span.name] for span in spans}
    result = [_row(name, group, trace.total_ms) for name, group in by_stage.items()]
    outside = _gaps(spans, trace.total_ms)
    share = sum(length for _, length in outside) / trace.total_ms
    return result + ([Row(OUTSIDE, outside, share)] if share > WORTH_A_ROW else [])


def numbers(row: Row) -> tuple[str, str, str]:
    """Return start, duration and share as text; the time outside stages has no start."""
    start = "" if row.name == OUTSIDE else f"{row.start_ms:,.0f} ms"
    return start, ms(row.total_ms), percent(row.share)


def _row(name: str, spans: list[Span], total_ms: float) -> Row:
    bars = tuple((span.start_ms, span.duration_ms) for span in spans)
    share = sum(length for _, length in bars) / total_ms
    return Row(name, bars, share, any(span.simulated for span in spans))


def _gaps(spans: list[Span], total_ms: float) -> tuple[tuple[float, float], ...]:
    """Return (start, duration) of the time that no span covers; spans must be sorted by start."""
    gaps, covered = [], 0.0
    for start, end in [*((s.start_ms, s.end_ms) for s in spans), (total_ms, total_ms)]:
        if start > covered:
            gaps.append((covered, start - covered))
        covered = max(covered, end)
    return tuple(gaps)


def finding(trace: Trace, limit_ms: float) -> str:
    """Return which stage takes most and, where it is true, that the total is under the limit.

    For example "The LLM takes 78 % of 3.2 s".
    """
    total, stages = duration(trace.total_ms), [r for r in rows(trace) if r.name != OUTSIDE]
    text = f"No stage ran in these {total}"
    if stages:
        largest = max(stages, key=lambda row: row.total_ms)
        name = named(largest.name, largest.simulated)
        text = f"{name[0].upper()}{name[1:]} takes {percent(largest.share)} of {total}"
    return f"{text}, under {limit_ms:,.0f} ms" if trace.total_ms < limit_ms else text


def scope(trace: Trace) -> str:
    """Return what the trace covers: "end-to-end", or "on the server"."""
    root = trace.spans[0].name
    return SCOPES.get(root, root)


def what_it_is(trace: Trace, requests: str = "one request") -> str:
    """Return what the numbers are: "end-to-end, one request, measured; network SIM"."""
    simulated = [LABELS.get(row.name, row.name) for row in rows(trace) if row.simulated]
    note = f"; {', '.join(simulated)} SIM (emulated distance)" if simulated else ""
    return f"{scope(trace)}, {requests}, measured{note}"

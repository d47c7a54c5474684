"""A timeline of one request, parts of which run at the same time."""

from __future__ import annotations

from harness import semconv
from harness.measure.latency.trace import Span, Trace
from harness.show import chart, palette
from harness.show.number_formats import ms
from harness.show.style import Picture

ORDER = (semconv.PREPROCESS, semconv.RETRIEVE, semconv.GENERATE, semconv.POSTPROCESS)
COLUMNS = chart.Columns(0.9, (("", 58),))
BAR = 0.55  # of a row
BESIDE = palette.ORANGE
AXIS = "ms since the question was sent"
NOTE = "one request, measured; network distance is SIM and not shown"


def overlap_timeline(trace: Trace, beside: str) -> Picture:
    """Draw the stages of `trace` and the span named `beside`, one row each, with durations at the right.

    Raises ValueError if there is no such span.
    """
    spans = {span.name: span for span in trace.spans}
    if beside not in spans:
        raise ValueError(f"The trace has no span {beside!r}: nothing ran beside the stages.")
    rows = [spans[name] for name in (beside, *ORDER) if name in spans]
    search_spans = [span for span in rows if span.name in (semconv.PREPROCESS, semconv.RETRIEVE)]
    hidden = _hidden_ms(spans[beside], search_spans)
    title = f"Of {ms(spans[beside].duration_ms)}, {ms(hidden)} overlap with the search"
    names, cells = [span.name for span in rows], [(ms(span.duration_ms),) for span in rows]
    figure, axes = chart.rows_picture(title, NOTE, names, COLUMNS, AXIS, cells)
    axes.set_xlim(0, 1.02 * max(span.end_ms for span in rows))
    for y, span in enumerate(rows):
        colour = palette.STAGE_COLOURS.get(span.name, BESIDE)
        axes.barh(y, span.duration_ms, BAR, span.start_ms, color=colour, zorder=2, linewidth=0)
    return figure.described(f"{s.name}: {s.start_ms:.0f} to {s.end_ms:.0f} ms" for s in rows)


def _hidden_ms(span: Span, others: list[Span]) -> float:
    """Return the ms that `span` shares with `others`, which do not overlap each other."""
    shared = (
        min(span.end_ms, other.end_ms) - max(span.start_ms, other.start_ms) for other in others
    )
    return sum(max(0.0, part) for part in shared)

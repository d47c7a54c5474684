"""One request whose parts run side by side: when each of them began and ended, and what waited for what."""

from __future__ import annotations

from harness import semconv
from harness.measure.latency.trace import Span, Trace
from harness.show import style
from harness.show.style import Picture, Margins, ms, picture, margin_for

ORDER = (semconv.PREPROCESS, semconv.RETRIEVE, semconv.GENERATE, semconv.POSTPROCESS)
ROOM_RIGHT_IN = 0.9
BAR = 0.55  # of a row
BESIDE = style.ORANGE
AXIS = "ms since the question was sent"


def overlap(trace: Trace, beside: str) -> Picture:
    """The stages of `trace` and the span named `beside`, one row each, with durations at the right.

    Raises ValueError when there is no such span.
    """
    spans = {span.name: span for span in trace.spans}
    if beside not in spans:
        raise ValueError(f"The trace has no span {beside!r}: nothing ran beside the stages.")
    rows = [spans[name] for name in (beside, *ORDER) if name in spans]
    working = [span for span in rows if span.name in (semconv.PREPROCESS, semconv.RETRIEVE)]
    hidden = _hidden_ms(spans[beside], working)
    title = f"Of {ms(spans[beside].duration_ms)}, {ms(hidden)} run while the search still runs"
    note = "one request, measured; network distance is SIM and not shown"
    margins = Margins(margin_for(span.name for span in rows), ROOM_RIGHT_IN)
    figure, [axes] = picture(title, note, [style.ROW_IN * len(rows)], margins)
    for y, span in enumerate(rows):
        colour = style.STAGE_COLOURS.get(span.name, BESIDE)
        box = [(span.start_ms, span.duration_ms)], (y - BAR / 2, BAR)
        axes.broken_barh(*box, facecolor=colour, zorder=2)
        style.beside(axes, ms(span.duration_ms), y, 58)
    axes.set_xlim(0, 1.02 * max(span.end_ms for span in rows))
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [span.name for span in rows])
    style.time_axis(axes, AXIS)
    lines = (f"{s.name}: {s.start_ms:.0f} to {s.end_ms:.0f} ms" for s in rows)
    figure.description = "\n".join([title, note, *lines])
    return figure


def _hidden_ms(span: Span, others: list[Span]) -> float:
    """How much of `span` lies beside one of `others`, which do not overlap each other."""
    shared = (
        min(span.end_ms, other.end_ms) - max(span.start_ms, other.start_ms) for other in others
    )
    return sum(max(0.0, part) for part in shared)

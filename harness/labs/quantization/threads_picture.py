"""How many threads: reading and writing, on a quiet machine and beside a busy neighbour."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.labs.quantization.phases import Phases
from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

RIGHT_IN = 2.4
COLUMNS = (("prefill", 62), ("ms a token", 140))
COLOURS = (style.BLUE, style.ORANGE)
AXIS = "ms a decoded token, median"


def threads(found: Mapping[str, Mapping[int, Phases]]) -> Picture:
    """Surroundings -> {threads: phases}, a bar for each. Raises ValueError for none."""
    rows = [(name, count, one) for name, by in found.items() for count, one in by.items()]
    if not rows:
        raise ValueError("There is nothing to show: measure at least one number of threads.")
    labels = [f"{name}, {count} thread{'s' if count > 1 else ''}" for name, count, _ in rows]
    title, n = _finding(found), len(rows[0][2].step_ms)
    note = f"the same file and prompt, every number of threads in turn, n = {n} each"
    figure, [axes] = picture(
        title, note, [style.ROW_IN * len(rows)], Margins(margin_for(labels), RIGHT_IN)
    )
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xlim(0, 1.05 * max(one.step_p50_ms for _, _, one in rows))
    colours = dict(zip(found, COLOURS * len(found), strict=False))
    for y, (name, _, one) in enumerate(rows):
        _row(axes, y, one, colours[name])
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, AXIS)
    words = (f"{label}: {_times(one)}" for label, (_, _, one) in zip(labels, rows, strict=True))
    figure.description = "\n".join([title, note, *words])
    return figure


def _row(axes: Axes, y: int, one: Phases, colour: str) -> None:
    axes.barh(y, one.step_p50_ms, height=0.62, color=colour)
    texts = (style.ms(one.prefill_p50_ms), style.ms(one.step_p50_ms))
    for text, (_, right_pt) in zip(texts, COLUMNS, strict=True):
        style.beside(axes, text, y, right_pt)


def _finding(found: Mapping[str, Mapping[int, Phases]]) -> str:
    parts = []
    for name, by in found.items():
        best = min(by, key=lambda count: by[count].step_p50_ms)
        parts.append(f"{name} {best}")
    return f"Threads that write fastest: {', '.join(parts)}"


def _times(one: Phases) -> str:
    return f"{style.ms(one.prefill_p50_ms)} prefill, {style.ms(one.step_p50_ms)} a token"

"""Speed by number of threads, on an idle machine and beside a busy program."""

from __future__ import annotations

from collections.abc import Mapping

from harness.labs.quantization.phases import Phases
from harness.show import chart, style
from harness.show.style import Picture, ms

COLUMNS = chart.Columns(2.4, (("prefill", 62), ("ms a token", 140)))
COLOURS = (style.BLUE, style.ORANGE)
AXIS = "ms a decoded token, median"


def threads(found: Mapping[str, Mapping[int, Phases]]) -> Picture:
    """Draw a bar for each of {surroundings: {threads: phases}}. Raises ValueError for none."""
    rows = [(name, count, found[name][count]) for name in found for count in found[name]]
    chart.require(rows, "numbers of threads")
    labels = [f"{name}, {count} thread{'s' if count > 1 else ''}" for name, count, _ in rows]
    cells = [(ms(phases.prefill_p50_ms), ms(phases.step_p50_ms)) for _, _, phases in rows]
    n = len(rows[0][2].step_ms)
    note = f"the same file and prompt, every number of threads in turn, n = {n} each"
    figure, axes = chart.rows_picture(_finding(found), note, labels, COLUMNS, AXIS, cells)
    axes.set_xlim(0, 1.05 * max(phases.step_p50_ms for _, _, phases in rows))
    colours = dict(zip(found, COLOURS * len(found), strict=False))
    for y, (name, _, phases) in enumerate(rows):
        axes.barh(y, phases.step_p50_ms, chart.BAR, color=colours[name])
    times = zip(labels, cells, strict=True)
    return figure.described(f"{row}: {read} prefill, {step} a token" for row, (read, step) in times)


def _finding(found: Mapping[str, Mapping[int, Phases]]) -> str:
    parts = []
    for name, by_count in found.items():
        best = min(by_count, key=lambda count: by_count[count].step_p50_ms)
        parts.append(f"{name} {best}")
    return f"Threads with the fastest decode: {', '.join(parts)}"

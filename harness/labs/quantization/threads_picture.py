"""Speed by number of threads, on an idle machine and beside a busy program."""

from __future__ import annotations

from collections.abc import Mapping

from harness.labs.quantization.phases import Phases
from harness.show import chart, palette
from harness.show.number_formats import ms
from harness.show.style import Picture

COLUMNS = chart.Columns(2.4, (("prefill", 62), ("ms a token", 140)))
COLOURS = (palette.BLUE, palette.ORANGE)
AXIS = "ms a decoded token, median"


def threads(measured: Mapping[str, Mapping[int, Phases]]) -> Picture:
    """Draw a bar for each number of threads, as {surroundings: {threads: phases}}.

    Raises ValueError for no bars.
    """
    rows = [(name, count, measured[name][count]) for name in measured for count in measured[name]]
    chart.require(rows, "numbers of threads")
    labels = [f"{name}, {count} thread{'s' if count > 1 else ''}" for name, count, _ in rows]
    cells = [(ms(phases.prefill_p50_ms), ms(phases.step_p50_ms)) for _, _, phases in rows]
    n = len(rows[0][2].step_ms)
    note = f"the same file and prompt, every number of threads in turn, n = {n} each"
    figure, axes = chart.rows_picture(_finding(measured), note, labels, COLUMNS, AXIS, cells)
    axes.set_xlim(0, 1.05 * max(phases.step_p50_ms for _, _, phases in rows))
    colours = dict(zip(measured, COLOURS * len(measured), strict=False))
    for y, (name, _, phases) in enumerate(rows):
        axes.barh(y, phases.step_p50_ms, chart.BAR, color=colours[name])
    times = zip(labels, cells, strict=True)
    return figure.described(
        f"{row}: {prefill} prefill, {step} a token" for row, (prefill, step) in times
    )


def _finding(measured: Mapping[str, Mapping[int, Phases]]) -> str:
    parts = []
    for name, by_count in measured.items():
        best = min(by_count, key=lambda count: by_count[count].step_p50_ms)
        parts.append(f"{name} {best}")
    return f"Threads with the fastest decode: {', '.join(parts)}"

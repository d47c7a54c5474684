"""The requests in each slot of a batch over time: one schedule below the other on one time axis."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.labs.load.batching import BatchRun, Served
from harness.show import palette, style
from harness.show.chart import require
from harness.show.number_formats import duration, ms
from harness.show.style import Margins, Picture, picture

ROW_IN = 0.24
MARGINS = Margins(left=1.25, right=1.5, between=0.5)
PREFILL, DECODE, ENDED = palette.SKY, palette.BLUE, palette.PALE
AXIS = (
    "ms since all requests arrived; pale blue: prefill, blue: decode, "
    "hatched: the request has ended but still holds its slot"
)
BAR = 0.8  # of a row
NOTE = "the same requests, one run of each schedule, measured; bars show the request's number"


def slots(runs: Mapping[str, BatchRun]) -> Picture:
    """Draw a panel for each schedule, its slots as rows; all schedules serve the same requests.

    runs: name -> run. Raises ValueError if there is none.
    """
    require(runs, "schedules")
    row_counts = [1 + max(served.slot for served in run.served) for run in runs.values()]
    figure, panels = picture(_finding(runs), NOTE, [ROW_IN * n for n in row_counts], MARGINS, AXIS)
    longest = max(run.total_ms for run in runs.values())
    for axes, (name, run), n in zip(panels, runs.items(), row_counts, strict=True):
        axes.set_xlim(0, 1.01 * longest)
        axes.set_ylim(n - 0.5, -0.5)
        _panel(axes, name, run)
    return figure.described(_in_words(*item) for item in runs.items())


def _panel(axes: Axes, name: str, run: BatchRun) -> None:
    axes.set_yticks([])
    for served in run.served:
        _bar(axes, served)
    left = {"size": style.TEXT_PT, "ha": "right", "va": "center"}
    style.write(axes, name, (0, 0.5), (-8, 0), "axes fraction", **left)
    text = f"{duration(run.total_ms)}\n{run.tokens_per_s:.0f} tokens/s"
    style.write(axes, text, (1, 0.5), (8, 0), "axes fraction", va="center")


def _bar(axes: Axes, served: Served) -> None:
    parts = (
        (served.joined_ms, served.first_ms, {"facecolor": PREFILL}),
        (served.first_ms, served.ended_ms, {"facecolor": DECODE}),
        (
            served.ended_ms,
            served.freed_ms,
            {"facecolor": ENDED, "edgecolor": palette.GREY, "hatch": "////"},
        ),
    )
    for start, end, look in parts:
        box = [(start, end - start)], (served.slot - BAR / 2, BAR)
        axes.broken_barh(*box, linewidth=0.3, **look)
    centre = ((served.first_ms + served.ended_ms) / 2, served.slot)
    axes.text(*centre, f"{served.number}", ha="center", va="center", fontsize=7, color="white")


def _finding(runs: Mapping[str, BatchRun]) -> str:
    times = {name: run.total_ms for name, run in runs.items()}
    best, worst = min(times, key=times.__getitem__), max(times, key=times.__getitem__)
    if best == worst:
        return f"{best}: {len(runs[best].served)} requests in {duration(times[best])}"
    fast, slow = duration(times[best]), duration(times[worst])
    return f"The same requests: {fast} ({best}) instead of {slow} ({worst})"


def _in_words(name: str, run: BatchRun) -> str:
    median_ms = run.ttft_ms.p50
    first = f", TTFT p50 {ms(median_ms)}" if median_ms is not None else ""
    return f"{name}: {len(run.served)} requests in {ms(run.total_ms)}, {run.tokens_per_s:.0f} tokens/s{first}"

"""Who was in which slot of a batch, and when: one schedule below the other on one time axis."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.labs.load.batching import BatchRun, Served
from harness.show import style
from harness.show.style import Picture, Margins, duration, ms, picture

ROW_IN = 0.24
MARGINS = Margins(left=1.25, right=1.5, between=0.5)
READING, WRITING, IDLE = style.SKY, style.BLUE, style.PALE
AXIS = "ms since all requests were there; pale blue: reads its prompt, blue: writes, hatched: an idle slot"
BAR = 0.8  # of a row


def slots(runs: Mapping[str, BatchRun]) -> Picture:
    """A panel for each schedule, its slots as rows; all with the same jobs. Raises ValueError for none."""
    if not runs:
        raise ValueError("There is no schedule to show: run at least one.")
    title = _finding(runs)
    note = "one run each of the same requests, measured; the number is the request's"
    rows = [1 + max(one.slot for one in run.served) for run in runs.values()]
    figure, panels = picture(title, note, [ROW_IN * n for n in rows], MARGINS)
    longest = max(run.total_ms for run in runs.values())
    for axes, (name, run), n in zip(panels, runs.items(), rows, strict=True):
        _panel(axes, name, run, n)
        axes.set_xlim(0, 1.01 * longest)
    style.time_axis(panels[-1], AXIS)
    figure.description = "\n".join([title, note, *map(_in_words, runs.items())])
    return figure


def _panel(axes: Axes, name: str, run: BatchRun, n: int) -> None:
    axes.set_ylim(n - 0.5, -0.5)
    axes.set_yticks([])
    axes.annotate(
        name,
        (0, 0.5),
        xycoords="axes fraction",
        xytext=(-8, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        fontsize=style.TEXT_PT,
        color=style.INK,
    )
    for one in run.served:
        _bar(axes, one)
    text = f"{duration(run.total_ms)}\n{run.tokens_per_s:.0f} tokens/s"
    axes.annotate(
        text,
        (1, 0.5),
        xycoords="axes fraction",
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.SMALL_PT,
        color=style.INK,
        annotation_clip=False,
    )


def _bar(axes: Axes, one: Served) -> None:
    box = (one.slot - BAR / 2, BAR)
    parts = (
        (one.joined_ms, one.first_ms, {"facecolor": READING}),
        (one.first_ms, one.ended_ms, {"facecolor": WRITING}),
        (one.ended_ms, one.left_ms, {"facecolor": IDLE, "edgecolor": style.GREY, "hatch": "////"}),
    )
    for start, end, look in parts:
        axes.broken_barh([(start, end - start)], box, linewidth=0.3, **look)
    middle = (one.first_ms + one.ended_ms) / 2
    axes.text(
        middle, one.slot, f"{one.number}", ha="center", va="center", fontsize=7, color="white"
    )


def _finding(runs: Mapping[str, BatchRun]) -> str:
    times = {name: run.total_ms for name, run in runs.items()}
    best, worst = min(times, key=times.__getitem__), max(times, key=times.__getitem__)
    if best == worst:
        return f"{best}: {len(runs[best].served)} requests in {duration(times[best])}"
    quick, slow = duration(times[best]), duration(times[worst])
    return f"The same requests: {quick} ({best}) instead of {slow} ({worst})"


def _in_words(item: tuple[str, BatchRun]) -> str:
    name, run = item
    half = run.ttft_ms.p50
    first = f", TTFT p50 {ms(half)}" if half is not None else ""
    return f"{name}: {len(run.served)} requests in {ms(run.total_ms)}, {run.tokens_per_s:.0f} tokens/s{first}"

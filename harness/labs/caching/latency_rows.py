"""Latencies as a row of dots for each kind of request, on one logarithmic axis of ms, never pooled."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean, median

import numpy as np
from matplotlib.axes import Axes

from harness.labs.caching.cache_paths import MISS
from harness.labs.caching.prefix import Prefill
from harness.measure.stats import bootstrap_ratio, median_ratio, middle, tail
from harness.show import chart, palette
from harness.show.number_formats import duration, ms, percent
from harness.show.style import Picture

ROW_IN = 0.5
COLUMNS = chart.Columns(2.75, (("p50", 62), ("slow end", 178)))


def path_rows(samples_ms: Mapping[str, Sequence[float]]) -> Picture:
    """Draw a row for each path through a cached assistant that occurred, the misses last.

    The title gives the mean of all requests as the number not to report. Raises ValueError if nothing missed.
    """
    if not samples_ms.get(MISS):
        raise ValueError("Nothing missed: ask some questions that were not asked before, too.")
    order = sorted(samples_ms, key=lambda path: (path == MISS, path))
    rows = {f"{path} ({len(samples_ms[path])})": samples_ms[path] for path in order}
    everything = [time_ms for samples in samples_ms.values() for time_ms in samples]
    hits = 1 - len(samples_ms[MISS]) / len(everything)
    title = (
        f"{percent(hits)} hit; a miss took {duration(median(samples_ms[MISS]))}, and no "
        f"cache shortens it. The mean of all, {duration(fmean(everything))}, describes no request"
    )
    note = "end-to-end in this process, no network; measured; in brackets: n of each path"
    return sample_rows(rows, title, note, "ms, logarithmic; bar: p50")


def prefix_rows(
    prefills: Mapping[str, Sequence[Prefill]], cold: str, warm: str, artefact: str
) -> Picture:
    """Draw times to first token, a row for each prompt layout or kind of earlier prompt.

    prefills: name -> runs. cold, warm: the names to compare. artefact: the name of a measurement that proves
    nothing. Raises TooFewSamplesError below 5 rounds.
    """
    times = {name: [prefill.ttft_ms for prefill in runs] for name, runs in prefills.items()}
    ratio = median_ratio(times[cold], times[warm])
    interval = bootstrap_ratio(times[cold], times[warm])
    title = f"{warm}: first token {ratio:.1f} times as soon (95 % interval {interval})"
    n = len(times[cold])
    note = f"TTFT in this process, n = {n} each, in turn; behind the names: share of tokens reused"
    labels = {name: f"{name}, {percent(_reused(runs))}" for name, runs in prefills.items()}
    rows = {label: times[name] for name, label in labels.items()}
    axis = "ms to the first token, logarithmic; bar: p50"
    return sample_rows(rows, title, note, axis, [labels.get(artefact, "")])


def _reused(prefills: Sequence[Prefill]) -> float:
    return float(np.mean([prefill.reused / prefill.tokens for prefill in prefills]))


def sample_rows(
    samples_ms: Mapping[str, Sequence[float]],
    title: str,
    note: str,
    axis: str,
    pale: Collection[str] = (),
) -> Picture:
    """Draw rows name -> ms, at least one each. pale: names of rows drawn in grey, because they prove nothing.

    Raises ValueError for no rows, or an empty one.
    """
    if not samples_ms or not all(samples_ms.values()):
        raise ValueError("Every row needs a sample: leave out a kind that did not occur.")
    marks = [(middle(samples), tail(samples)) for samples in samples_ms.values()]
    cells = [(ms(mid.value), f"{slow.label}: {ms(slow.value)}") for mid, slow in marks]
    names = list(samples_ms)
    figure, axes = chart.rows_picture(title, note, names, COLUMNS, axis, cells, ROW_IN)
    _scale(axes, [time_ms for samples in samples_ms.values() for time_ms in samples])
    for y, (name, samples) in enumerate(samples_ms.items()):
        look = {"color": palette.GREY if name in pale else palette.BLUE, "alpha": 0.45}
        axes.plot(samples, [y] * len(samples), "o", markersize=6, zorder=2, **look)
        median_ms = marks[y][0].value
        axes.vlines(median_ms, y - 0.32, y + 0.32, color=palette.INK, linewidth=2, zorder=3)
    rows = zip(names, marks, cells, strict=True)
    return figure.described(
        f"{name}: {mid.label} {p50}, {slow}, n = {mid.n}" for name, (mid, _), (p50, slow) in rows
    )


def _scale(axes: Axes, times_ms: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(min(times_ms) / 1.6, max(times_ms) * 1.6)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.minorticks_off()

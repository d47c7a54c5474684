"""A row of dots for each kind of request, on one logarithmic axis of ms: kinds that must not be averaged."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from matplotlib.axes import Axes

from harness.measure.latency.stats import middle, tail
from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

ROW_IN = 0.5
RIGHT_IN = 2.75
COLUMNS = (("p50", 62), ("slow end", 178))  # heading, right edge in points


def sample_rows(
    samples_ms: Mapping[str, Sequence[float]],
    title: str,
    note: str,
    axis: str,
    pale: Collection[str] = (),
) -> Picture:
    """Rows name -> ms, at least one each. pale: rows that are shown as a warning and count for nothing.

    Raises ValueError for no rows, or an empty one.
    """
    if not samples_ms or not all(samples_ms.values()):
        raise ValueError("Every row needs a sample: leave out a kind that did not occur.")
    margins = Margins(margin_for(samples_ms), RIGHT_IN)
    figure, [axes] = picture(title, note, [ROW_IN * len(samples_ms)], margins)
    _scales(axes, samples_ms)
    words = []
    for y, (name, samples) in enumerate(samples_ms.items()):
        _row(axes, y, samples, style.GREY if name in pale else style.BLUE)
        half, slow = middle(samples), tail(samples)
        texts = (style.ms(half.value), f"{slow.label}: {style.ms(slow.value)}")
        for text, (_, right_pt) in zip(texts, COLUMNS, strict=True):
            style.beside(axes, text, y, right_pt)
        words.append(f"{name}: {half.label} {texts[0]}, {texts[1]}, n = {half.n}")
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, axis)
    figure.description = "\n".join([title, note, *words])
    return figure


def _scales(axes: Axes, samples_ms: Mapping[str, Sequence[float]]) -> None:
    every = [ms for samples in samples_ms.values() for ms in samples]
    axes.set_xscale("log")
    axes.set_xlim(min(every) / 1.6, max(every) * 1.6)
    axes.set_ylim(len(samples_ms) - 0.5, -0.5)
    axes.set_yticks(range(len(samples_ms)), list(samples_ms))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.minorticks_off()


def _row(axes: Axes, y: int, samples: Sequence[float], colour: str) -> None:
    axes.plot(samples, [y] * len(samples), "o", color=colour, alpha=0.45, markersize=6, zorder=2)
    axes.vlines(middle(samples).value, y - 0.32, y + 0.32, color=style.INK, linewidth=2, zorder=3)

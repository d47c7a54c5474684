"""Every sample as a dot, with the percentiles that so many samples allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.measure.stats import MEDIAN_FROM, Mark, middle, tail
from harness.show import chart, palette, style
from harness.show.number_formats import ms
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 1.8
MARGINS = Margins()
WIDTH_PT = 72 * (style.WIDTH_IN - MARGINS.left - MARGINS.right)
DOTS_SHARE = 0.72  # of the height for dots; the names of the marks stand above them
DOTS_PT = DOTS_SHARE * 72 * HEIGHT_IN
SIZES_PT = (12, 10, 8, 6, 5, 4, 3, 2)  # diameters; the largest that fits is taken
MARGIN = 0.06  # of the samples' range on both sides
NAMES_PT = (-3, -19)  # how far below the top the names of p50 and of the slow end stand


def distribution(samples_ms: Sequence[float], label: str, limit_ms: float | None = None) -> Picture:
    """Draw a dot for each sample, p50, and p90 where n allows it (44), otherwise the slowest.

    label: what the samples are, such as "end-to-end, as shipped, measured". Raises ValueError for
    no samples, or a sample that is not a finite number.
    """
    marks = (middle(samples_ms), tail(samples_ms))
    note = f"{label}; n = {len(samples_ms)}, a dot per sample"
    figure, [axes] = picture(_finding(*marks), note, [HEIGHT_IN], MARGINS, "ms")
    low, high = _range(samples_ms, limit_ms)
    axes.set_xlim(low, high)
    _dots(axes, samples_ms, high - low)
    for mark, below_pt in zip(marks, NAMES_PT, strict=True):
        _mark(axes, mark, below_pt)
    if limit_ms is not None:
        chart.limit_line(axes, limit_ms)
    axes.set_yticks([])
    return figure


def _finding(median: Mark, slow: Mark) -> str:
    if median.n < MEDIAN_FROM:
        return f"{median.n} samples up to {ms(slow.value)}: too few for a percentile"
    text = f"Half of {median.n} samples lie within {ms(median.value)}"
    if slow.label.startswith("max"):
        return f"{text}, the slowest at {ms(slow.value)}"
    return f"{text}, nine of ten within {ms(slow.value)}"


def _range(samples_ms: Sequence[float], limit_ms: float | None) -> tuple[float, float]:
    shown = [*samples_ms] if limit_ms is None else [*samples_ms, limit_ms]
    low, high = min(shown), max(shown)
    margin = MARGIN * (high - low) or 0.05 * abs(high) or 1.0  # not 0 when all samples are equal
    return low - margin, high + margin


def _dots(axes: Axes, samples_ms: Sequence[float], span_ms: float) -> None:
    """Stack dots of equal time; the dots shrink until the highest pile fits."""
    for size in SIZES_PT:
        piles = _stacked(samples_ms, span_ms * size / WIDTH_PT)
        if max(level for _, level in piles) * size <= DOTS_PT:
            break
    x, y = zip(*piles, strict=True)
    axes.set_ylim(0, max(DOTS_PT / DOTS_SHARE / size, max(y) + 1))
    axes.scatter(x, y, s=(0.9 * size) ** 2, color=palette.BLUE, alpha=0.85, linewidths=0, zorder=2)


def _stacked(samples_ms: Sequence[float], cell_ms: float) -> list[tuple[float, float]]:
    """Return (ms, height) of each dot: its true time, and its level among the dots of the same cell."""
    below: Counter[int] = Counter()
    piles = []
    for sample in sorted(samples_ms):
        cell = int(sample // cell_ms)
        below[cell] += 1
        piles.append((float(sample), below[cell] - 0.4))
    return piles


def _mark(axes: Axes, mark: Mark, below_pt: float) -> None:
    """Draw a line with its name on the side that has more space."""
    low, high = axes.get_xlim()
    side, away_pt = ("left", 5) if mark.value < (low + high) / 2 else ("right", -5)
    axes.axvline(mark.value, color=palette.INK, linewidth=1.2, zorder=1)
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}  # above the other mark's line
    look = {"size": style.TEXT_PT, "ha": side, "va": "top", "bbox": box}
    text = f"{mark.label}: {ms(mark.value)}"
    style.write(axes, text, (mark.value, 1), (away_pt, below_pt), style.Y_SHARE, **look)

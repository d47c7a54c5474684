"""A submission and the yardstick, request by request, as they were timed in turns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np
from matplotlib.axes import Axes

from harness.show import chart, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 1.5
RIGHT_IN = 1.3
SPREAD = 0.22  # of a row: dots of the same time are drawn beside each other
NAMES = ("yours", "yardstick")


def paired_run(pairs: Sequence[tuple[float, float]]) -> Picture:
    """Draw both rows of dots with their medians.

    pairs: end-to-end ms at the client, (submission, yardstick). Raises ValueError for none.
    """
    chart.require(pairs, "pairs")
    sides = [list(times) for times in zip(*pairs, strict=True)]
    note = f"end-to-end at the client, in turns, n = {len(pairs)} pairs; network distance is SIM"
    margins = Margins(left=style.margin_for(NAMES), right=RIGHT_IN)
    figure, [axes] = picture(finding(pairs), note, [HEIGHT_IN], margins, "ms")
    axes.set_xlim(0, 1.05 * max(max(side) for side in sides))
    chart.name_rows(axes, NAMES)
    for row, (times, colour) in enumerate(zip(sides, (palette.BLUE, palette.GREY), strict=True)):
        _row(axes, row, times, colour)
    return figure


def finding(pairs: Sequence[tuple[float, float]]) -> str:
    """Return the ratio of the medians in words."""
    ratio = median(a for a, _ in pairs) / median(b for _, b in pairs)
    side = "under" if ratio < 1 else "not under"
    return (
        f"p50 is {ratio:.2f} times that of the yardstick, which is 500 ms by definition: {side} it"
    )


def _row(axes: Axes, row: int, times: Sequence[float], colour: str) -> None:
    shifts = np.random.default_rng(0).uniform(-SPREAD, SPREAD, len(times))  # carry no meaning
    axes.scatter(times, row + shifts, s=26, color=colour, alpha=0.8, linewidths=0)
    p50_ms = median(times)
    axes.plot([p50_ms, p50_ms], [row - 0.34, row + 0.34], color=palette.INK, linewidth=1.6)
    style.beside(axes, f"p50 {p50_ms:,.0f} ms", row, 72 * RIGHT_IN - 14)

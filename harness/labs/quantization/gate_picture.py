"""Answer time against divergence from the full model: which files pass the quality gate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.measure.model_files.quality_gate import MARGIN, MAX_KL, Candidate
from harness.show import chart, number_formats, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.0
MARGINS = Margins(left=0.75, right=0.6)
PASSED, REFUSED = palette.BLUE, palette.VERMILLION
# Nats shown: a logarithmic axis has no zero, and the KL of a broken file no upper bound.
TINY, MOST = 1e-4, 10.0
NEAR, NEAR_DECADES = 0.1, 0.25  # of the width, of a factor of ten: names this close would overlap
AXIS = "ms of an answer, p50, model time alone; dot: passes, cross: refused"

Place = tuple[tuple[float, float], str]  # offset in points, horizontal alignment


def gate(files: Sequence[Candidate]) -> Picture:
    """Draw each file at its answer time and its KL to the first, full file, and the limit on KL as a line.

    Raises ValueError for none.
    """
    chart.require(files, "files")
    note = (
        f"KL divergence to {files[0].name}, nats, at most {MAX_KL}; answers at worst "
        f"{100 * MARGIN:.0f} points behind (one-sided 95 %)"
    )
    figure, [axes] = picture(_finding(files), note, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_yscale("log")
    axes.set_ylim(TINY / 2, 4 * max(*(_shown(file.kl) for file in files), MAX_KL))
    axes.set_xlim(0, 1.15 * max(file.ms for file in files))
    chart.bound(axes, "y", MAX_KL, "above")
    for file in files:
        _point(axes, file, file is files[0] or file.passes, _place(file, files))
    chart.y_axis(axes, form="{:g}".format)
    axes.minorticks_off()
    return figure.described(map(_in_words, files))


def _place(file: Candidate, files: Sequence[Candidate]) -> Place:
    """Place the name above its point, or at the outer side of two points that are near each other."""
    width = max(other.ms for other in files)
    near = [
        other
        for other in files
        if other is not file
        and abs(other.ms - file.ms) < NEAR * width
        and abs(math.log10(_shown(other.kl) / _shown(file.kl))) < NEAR_DECADES
    ]
    if not near:
        return (0, 9), "center"
    left = (file.ms, file.name) < min((other.ms, other.name) for other in near)
    return ((-9, -3), "right") if left else ((9, -3), "left")


def _point(axes: Axes, file: Candidate, passes: bool, place: Place) -> None:
    colour, marker = (PASSED, "o") if passes else (REFUSED, "X")
    at = (file.ms, _shown(file.kl))
    axes.plot(*at, marker, color=colour, markersize=10, zorder=3)
    style.write(axes, file.name, at, place[0], colour=colour, ha=place[1], weight="bold")


def _shown(kl: float) -> float:
    return min(max(kl, TINY), MOST) if kl <= MOST else MOST  # nan counts as above every limit


def _finding(files: Sequence[Candidate]) -> str:
    full, *others = files
    best = min([full, *(file for file in others if file.passes)], key=lambda file: file.ms)
    faster = [file for file in others if not file.passes and file.ms < best.ms]
    verdict = f"Ship {best.name}, {number_formats.ms(best.ms)} an answer"
    if not faster:
        return f"{verdict}: nothing that was refused is faster"
    names = " and ".join(file.name for file in faster)
    return f"{verdict}; {names} would be faster and {'is' if len(faster) == 1 else 'are'} refused"


def _in_words(file: Candidate) -> str:
    worst = f"{100 * file.worst:+.0f} points at worst"
    return f"{file.name}: {number_formats.ms(file.ms)}, KL {file.kl:.4f}, {worst}; {file.why_not or 'passes'}"

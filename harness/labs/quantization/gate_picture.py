"""Speed against closeness: which files pass the quality gate, and which only look fast."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.measure.model_files.quality_gate import MARGIN, MOST_KL, Candidate
from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 3.0
PASSED, REFUSED = style.BLUE, style.VERMILLION
TINY, MOST = 1e-4, 10.0  # nats shown: a logarithmic axis has no zero, and a broken file no end
NEAR, NEAR_DECADES = (
    0.1,
    0.25,
)  # of the width, of a factor of ten: names of such neighbours would touch
AXIS = "ms of an answer, p50, model time alone; dot: passes, cross: refused"


Place = tuple[tuple[float, float], str]  # offset in points, horizontal alignment


def gate(files: Sequence[Candidate]) -> Picture:
    """Files by answer time and KL to the first, the full one; the gate as a line.

    Raises ValueError for none.
    """
    if not files:
        raise ValueError("There is no file to judge: give at least one.")
    title = _finding(files)
    note = (
        f"KL divergence to {files[0].name}, nats, at most {MOST_KL}; answers at worst "
        f"{100 * MARGIN:.0f} points behind (one-sided 95 %)"
    )
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.75, right=0.6))
    axes.set_yscale("log")
    values = [_shown(one.kl) for one in files]
    axes.set_ylim(TINY / 2, 4 * max(*values, MOST_KL))
    axes.set_xlim(0, 1.15 * max(one.ms for one in files))
    axes.axhspan(MOST_KL, axes.get_ylim()[1], color=style.LIMIT, alpha=0.05, linewidth=0, zorder=0)
    axes.axhline(MOST_KL, color=style.LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    for one in files:
        _point(axes, one, one is files[0] or one.passes, _place(one, files))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.minorticks_off()
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *map(_in_words, files)])
    return figure


def _place(one: Candidate, files: Sequence[Candidate]) -> Place:
    """Of the name: above, or at the outer side where another point is too near for both."""
    width = max(file.ms for file in files)
    near = [
        other
        for other in files
        if other is not one
        and abs(other.ms - one.ms) < NEAR * width
        and abs(math.log10(_shown(other.kl) / _shown(one.kl))) < NEAR_DECADES
    ]
    if not near:
        return (0, 9), "center"
    left = (one.ms, one.name) < min((other.ms, other.name) for other in near)
    return ((-9, -3), "right") if left else ((9, -3), "left")


def _point(axes: Axes, one: Candidate, passes: bool, place: Place) -> None:
    colour, mark = (PASSED, "o") if passes else (REFUSED, "X")
    at = (one.ms, _shown(one.kl))
    axes.plot(*at, mark, color=colour, markersize=10, zorder=3)
    axes.annotate(
        one.name,
        at,
        xytext=place[0],
        textcoords="offset points",
        ha=place[1],
        fontsize=style.SMALL_PT,
        weight="bold",
        color=colour,
        annotation_clip=False,
    )


def _shown(kl: float) -> float:
    return min(max(kl, TINY), MOST) if kl <= MOST else MOST  # nan is beyond every limit


def _finding(files: Sequence[Candidate]) -> str:
    full, *others = files
    passed = [one for one in others if one.passes]
    best = min([full, *passed], key=lambda one: one.ms)
    faster = [one for one in others if not one.passes and one.ms < best.ms]
    verdict = f"Ship {best.name}, {style.ms(best.ms)} an answer"
    if not faster:
        return f"{verdict}: nothing that was refused is faster"
    names = " and ".join(one.name for one in faster)
    return f"{verdict}; {names} would be faster and {'is' if len(faster) == 1 else 'are'} refused"


def _in_words(one: Candidate) -> str:
    worst = f"{100 * one.worst:+.0f} points at worst"
    return f"{one.name}: {style.ms(one.ms)}, KL {one.kl:.4f}, {worst}; {one.why_not or 'passes'}"

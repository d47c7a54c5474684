"""Scores over the last interviews, one strip a dimension: a band, because one interview says little."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from matplotlib.axes import Axes

from harness.interview.practice.history import Played
from harness.interview.report.dimension_bars import ADVANCE, MOST
from harness.interview.report.scorecard_text import NAMES
from harness.interview.scoring.rubric import DIMENSIONS
from harness.show import style
from harness.show.style import Margins, Picture, margin_for, picture

BAND = 5  # interviews: fewer say little, more are another person
STRIP_IN, BETWEEN_IN = 0.85, 0.2
RIGHT_IN = 1.9


def progress(played: Sequence[Played]) -> Picture:
    """A strip for each dimension over the interviews, the oldest first. Raises ValueError for none."""
    if not played:
        raise ValueError("There is no interview yet: play one.")
    margins = Margins(margin_for(NAMES.values()), RIGHT_IN, BETWEEN_IN)
    note = f"score of each interview, 1 to 4, scored offline; band: lowest to highest of the last {BAND}"
    figure, strips = picture(_finding(played), note, [STRIP_IN] * len(DIMENSIONS), margins)
    for axes, name in zip(strips, DIMENSIONS, strict=True):
        _strip(axes, name, [one.scores.get(name) for one in played])
    _name_the_line(strips[0])
    strips[-1].set_xticks(range(1, len(played) + 1), [_label(one) for one in _thinned(played)])
    figure.description = "\n".join(
        [_finding(played), *(_in_words(name, played) for name in DIMENSIONS)]
    )
    return figure


def _strip(axes: Axes, name: str, scores: list[int | None]) -> None:
    known = [(x, score) for x, score in enumerate(scores, 1) if score]
    axes.set_xlim(0.5, len(scores) + 0.5)
    axes.set_ylim(0.6, MOST + 0.4)
    axes.set_yticks([(1 + MOST) / 2], [NAMES[name]])
    axes.set_xticks([])
    axes.axhline(ADVANCE, color=style.LIMIT, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    if not known:
        return
    low, high = _band([score for _, score in known])
    axes.axhspan(low - 0.15, high + 0.15, color=style.SKY, alpha=0.25, linewidth=0, zorder=0)
    xs, ys = zip(*known, strict=True)
    axes.plot(xs, ys, "-o", color=style.BLUE, linewidth=1.6, markersize=6, zorder=2)
    text = f"{low} to {high}" if low != high else f"{low}"
    style.beside(axes, f"last {min(BAND, len(known))}: {text}", (1 + MOST) / 2, 110)


def _name_the_line(axes: Axes) -> None:
    at = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate(
        "advance", (0, ADVANCE), xytext=(2, 6), fontsize=style.SMALL_PT, color=style.LIMIT, **at
    )


def _band(scores: Sequence[int]) -> tuple[int, int]:
    last = scores[-BAND:]
    return min(last), max(last)


def _thinned(played: Sequence[Played]) -> list[Played | None]:
    """Every one with a label where there is room, else every second, third, …"""
    step = -(-len(played) // 10)
    return [one if (len(played) - 1 - n) % step == 0 else None for n, one in enumerate(played)]


def _label(one: Played | None) -> str:
    return f"{one.scenario}\n{one.at:%d %b}" if one else ""


def _finding(played: Sequence[Played]) -> str:
    known = {n: [s for one in played if (s := one.scores.get(n))] for n in DIMENSIONS}
    known = {name: scores for name, scores in known.items() if scores}
    if not known:
        return f"{len(played)} interviews, and no score yet"
    low = min(known, key=lambda name: median(known[name][-BAND:]))
    above = sum(median(scores[-BAND:]) >= ADVANCE for scores in known.values())
    count = f"{len(played)} interview{'s' if len(played) > 1 else ''}"
    if above == len(known):
        return f"{count}: every dimension at {ADVANCE} or more, as a median of the last {BAND}"
    return f"{count}: {above} of {len(known)} dimensions would advance; work on {NAMES[low]}"


def _in_words(name: str, played: Sequence[Played]) -> str:
    scores = " ".join(str(one.scores.get(name) or "–") for one in played)
    return f"{NAMES[name]:<22}{scores}"

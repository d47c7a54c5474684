"""A chart of the scores of all interviews, one strip per dimension, with the range of the last five."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from matplotlib.axes import Axes

from harness.interview.practice.history import Played
from harness.interview.report.dimension_bars import ADVANCE, MAX_SCORE
from harness.interview.report.scorecard_text import NAMES
from harness.interview.scoring.rubric import DIMENSIONS
from harness.show import palette, style
from harness.show.style import Margins, Picture, margin_for, picture

BAND = 5  # interviews: fewer say little, and older ones no longer describe the learner
STRIP_IN, BETWEEN_IN = 0.85, 0.2
RIGHT_IN = 1.9


def progress(played: Sequence[Played]) -> Picture:
    """Return the chart of these interviews, the oldest first. Raises ValueError if there are none."""
    if not played:
        raise ValueError("There is no interview yet: play one first.")
    margins = Margins(margin_for(NAMES.values()), RIGHT_IN, BETWEEN_IN)
    note = f"score of each interview, 1 to 4, scored offline; band: lowest to highest of the last {BAND}"
    figure, strips = picture(_finding(played), note, [STRIP_IN] * len(DIMENSIONS), margins)
    for axes, name in zip(strips, DIMENSIONS, strict=True):
        _strip(axes, name, [interview.scores.get(name) for interview in played])
    _label_advance_line(strips[0])
    strips[-1].set_xticks(range(1, len(played) + 1), _labels(played))
    figure.description = "\n".join(
        [_finding(played), *(_in_words(name, played) for name in DIMENSIONS)]
    )
    return figure


def _strip(axes: Axes, name: str, scores: list[int | None]) -> None:
    known = [(x, score) for x, score in enumerate(scores, 1) if score]
    axes.set_xlim(0.5, len(scores) + 0.5)
    axes.set_ylim(0.6, MAX_SCORE + 0.4)
    axes.set_yticks([(1 + MAX_SCORE) / 2], [NAMES[name]])
    axes.set_xticks([])
    axes.axhline(ADVANCE, color=palette.LIMIT, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
    if not known:
        return
    low, high = _band([score for _, score in known])
    axes.axhspan(low - 0.15, high + 0.15, color=palette.SKY, alpha=0.25, linewidth=0, zorder=0)
    xs, ys = zip(*known, strict=True)
    axes.plot(xs, ys, "-o", color=palette.BLUE, linewidth=1.6, markersize=6, zorder=2)
    text = f"{low} to {high}" if low != high else f"{low}"
    style.beside(axes, f"last {min(BAND, len(known))}: {text}", (1 + MAX_SCORE) / 2, 110)


def _label_advance_line(axes: Axes) -> None:
    at = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate(
        "advance", (0, ADVANCE), xytext=(2, 6), fontsize=style.SMALL_PT, color=palette.LIMIT, **at
    )


def _band(scores: Sequence[int]) -> tuple[int, int]:
    last = scores[-BAND:]
    return min(last), max(last)


def _labels(played: Sequence[Played]) -> list[str]:
    """Return the tick labels, at most ten of them not empty, the last interview always labelled."""
    step = -(-len(played) // 10)
    return [
        f"{interview.scenario}\n{interview.at:%d %b}" if (len(played) - n) % step == 0 else ""
        for n, interview in enumerate(played, 1)
    ]


def _finding(played: Sequence[Played]) -> str:
    known = {n: [s for p in played if (s := p.scores.get(n))] for n in DIMENSIONS}
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
    scores = " ".join(str(interview.scores.get(name) or "–") for interview in played)
    return f"{NAMES[name]:<22}{scores}"

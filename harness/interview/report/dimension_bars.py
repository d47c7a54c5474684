"""A bar chart of the scores of an interview, one bar per dimension, with the "advance" line."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from harness.interview.report.scorecard_text import NAMES
from harness.show import palette, style
from harness.show.style import Margins, Picture, margin_for, picture

WORDS = {1: "nothing yet", 2: "in part", 3: "advance", 4: "outstanding"}
ADVANCE, MAX_SCORE = 3, 4
RIGHT_IN = 1.6
NO_GUESS: Mapping[str, float] = {}
ABOVE_IN = 0.15  # space for the label of the line
NOTE = "score of each dimension, 1 to 4, of one interview, scored offline"


def dimension_bars(
    scores: Mapping[str, int | None],
    before: Mapping[str, float] = NO_GUESS,
    named: str = "your guess",
) -> Picture:
    """Return the chart; a score of None is labelled "not shown".

    before: scores to compare with, drawn as rings. named: their label.
    """
    names = [NAMES[name] for name in scores]
    height = style.ROW_IN * len(names) + ABOVE_IN
    figure, [axes] = picture(_finding(scores), NOTE, [height], Margins(margin_for(names), RIGHT_IN))
    axes.set_xlim(0, MAX_SCORE)
    axes.set_ylim(len(names) - 0.5, -0.5 - ABOVE_IN / style.ROW_IN)
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(range(MAX_SCORE + 1))
    for y, name in enumerate(scores):
        _row(axes, y, scores[name], before.get(name))
    _advance_line(axes)
    style.label_x(axes, "score" + (f"; ring: {named}" if before else ""))
    figure.description = "\n".join([_finding(scores), *_in_words(scores, before, named)])
    return figure


def _row(axes: Axes, y: int, score: int | None, before: float | None) -> None:
    axes.barh(y, MAX_SCORE, height=0.55, color=palette.PALE, zorder=1)
    if score:
        colour = palette.BLUE if score >= ADVANCE else palette.ORANGE
        axes.barh(y, score, height=0.55, color=colour, zorder=2)
    if before:
        axes.plot(
            before,
            y,
            "o",
            mfc="none",
            mec=palette.INK,
            mew=2,
            markersize=11,
            clip_on=False,
            zorder=4,
        )
    text = f"{score}  {WORDS[score]}" if score else "not shown"
    at = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
    axes.annotate(
        text, (1, y), xytext=(16, 0), va="center", fontsize=style.TEXT_PT, color=palette.INK, **at
    )


def _advance_line(axes: Axes) -> None:
    axes.axvline(ADVANCE, color=palette.LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=3)
    at = {"xycoords": ("data", "axes fraction"), "textcoords": "offset points"}
    axes.annotate(
        "advance", (ADVANCE, 1), xytext=(0, 1), ha="center", fontsize=style.SMALL_PT,
        color=palette.LIMIT, **at,
    )  # fmt: skip


def _finding(scores: Mapping[str, int | None]) -> str:
    known = {NAMES[name]: score for name, score in scores.items() if score}
    if not known:
        return "There is no score"
    low = min(known, key=known.__getitem__)
    if known[low] >= ADVANCE:
        return f"All {len(known)} dimensions at {ADVANCE} or more: the candidate advances"
    below = sum(score < ADVANCE for score in known.values())
    return f"{below} of {len(known)} below {ADVANCE}, lowest: {low} ({known[low]})"


def _in_words(
    scores: Mapping[str, int | None], before: Mapping[str, float], named: str
) -> list[str]:
    return [
        f"{NAMES[name]:<22}{score or '–'} of {MAX_SCORE}"
        + (f", {named} {before[name]:g}" if before.get(name) else "")
        for name, score in scores.items()
    ]

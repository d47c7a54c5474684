"""Token frequencies of a sampler beside those of the target and of the draft it was given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from harness.show import chart, palette, style
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.4
BAR = 0.38  # of the width of one token
DRAFT, TARGET, OUTPUT = palette.ORANGE, palette.SKY, palette.INK
AXIS = "token of the toy vocabulary"


def acceptance(p: Sequence[float], q: Sequence[float], tokens: Sequence[int]) -> Picture:
    """Draw the shares of `tokens` as dots, and target p and draft q as bars.

    p, q: probabilities of the same length that sum to 1. Error bars are two standard errors each way, an
    approximate 95 % interval.
    """
    shares = np.bincount(tokens, minlength=len(p)) / len(tokens)
    overlap = percent(float(np.minimum(p, q).sum()))
    note = f"{len(tokens):,} draws; p and q overlap by {overlap}: the share of drafts that can be accepted"
    title = _finding(np.asarray(p), np.asarray(q), shares)
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.6), AXIS)
    _bars(axes, p, q)
    error = 2 * np.sqrt(shares * (1 - shares) / len(tokens))
    look = {"fmt": "o", "color": OUTPUT, "markersize": 7, "capsize": 4, "zorder": 3}
    axes.errorbar(range(len(p)), shares, error, **look)
    axes.set_ylim(0, 1.25 * max(*p, *q, *shares))  # the legend stands above the bars
    axes.set_xticks(range(len(p)))
    chart.y_axis(axes, form=lambda share: f"{100 * share:.0f} %")
    return figure.described(
        f"{t}: p {p[t]:.3f}, q {q[t]:.3f}, yours {shares[t]:.3f}" for t in range(len(p))
    )


def _bars(axes: Axes, p: Sequence[float], q: Sequence[float]) -> None:
    places = np.arange(len(p))
    hollow = {"facecolor": "white", "edgecolor": DRAFT, "hatch": "///"}
    axes.bar(places - BAR / 2, p, BAR, color=TARGET, zorder=1)
    axes.bar(places + BAR / 2, q, BAR, zorder=1, **hollow)
    handles = [
        Patch(facecolor=TARGET, label="p, the target"),
        Patch(label="q, the draft", **hollow),
        axes.plot([], [], "o", color=OUTPUT, label="output")[0],
    ]
    axes.legend(handles=handles, frameon=False, fontsize=style.SMALL_PT, ncols=3, loc="upper right")


def _finding(p: np.ndarray, q: np.ndarray, shares: np.ndarray) -> str:
    from_p, from_q = (100 * float(np.abs(shares - other).max()) for other in (p, q))
    if from_p <= from_q:
        return f"Drafted by q, distributed like p: at most {from_p:.1f} points away from it"
    return f"Closer to the draft than to the target: up to {from_p:.1f} points away from p"

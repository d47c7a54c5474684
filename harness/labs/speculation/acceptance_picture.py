"""What a sampler writes, token by token, beside the target it should follow and the draft it was given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 2.4
BAR = 0.38  # of the room of one token
DRAFT, TARGET, OUTPUT = style.ORANGE, style.SKY, style.INK
AXIS = "token of the toy vocabulary"


def acceptance(p: Sequence[float], q: Sequence[float], tokens: Sequence[int]) -> Picture:
    """Shares of `tokens`, dots, against target p and draft q, bars; p and q of one length, sum 1.

    The dots carry a line of twice the standard error each way: where the true share lies, 19 times of 20.
    """
    shares = np.bincount(tokens, minlength=len(p)) / len(tokens)
    kept = float(np.minimum(p, q).sum())
    title = _finding(np.asarray(p), np.asarray(q), shares)
    note = f"{len(tokens):,} draws; p and q overlap by {style.percent(kept)}: so many drafts can be kept"
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.6))
    _bars(axes, p, q)
    error = 2 * np.sqrt(shares * (1 - shares) / len(tokens))
    axes.errorbar(
        range(len(p)), shares, error, fmt="o", color=OUTPUT, markersize=7, capsize=4, zorder=3
    )
    _scales(axes, len(p), max(*p, *q, *shares))
    rows = (f"{t}: p {p[t]:.3f}, q {q[t]:.3f}, yours {shares[t]:.3f}" for t in range(len(p)))
    figure.description = "\n".join([title, note, *rows])
    return figure


def _bars(axes: Axes, p: Sequence[float], q: Sequence[float]) -> None:
    places = np.arange(len(p))
    axes.bar(places - BAR / 2, p, BAR, color=TARGET, zorder=1)
    axes.bar(places + BAR / 2, q, BAR, facecolor="white", edgecolor=DRAFT, hatch="///", zorder=1)
    names = [
        Patch(facecolor=TARGET, label="p, the target"),
        Patch(facecolor="white", edgecolor=DRAFT, hatch="///", label="q, the draft"),
        axes.plot([], [], "o", color=OUTPUT, label="what comes out")[0],
    ]
    axes.legend(handles=names, frameon=False, fontsize=style.SMALL_PT, ncols=3, loc="upper right")


def _scales(axes: Axes, tokens: int, top: float) -> None:
    axes.set_ylim(0, 1.25 * top)  # room for the names above the bars
    axes.set_xticks(range(tokens))
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    style.time_axis(axes, AXIS)


def _finding(p: np.ndarray, q: np.ndarray, shares: np.ndarray) -> str:
    from_p, from_q = (100 * float(np.abs(shares - other).max()) for other in (p, q))
    if from_p <= from_q:
        return f"Drafted by q, distributed like p: at most {from_p:.1f} points away from it"
    return f"Closer to the draft than to the target: up to {from_p:.1f} points away from p"

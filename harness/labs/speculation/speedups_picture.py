"""Speed-ups, guessed, computed and measured, around the line where nothing is gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.measure.latency.stats import Interval
from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

RIGHT_IN = 2.6
COLUMNS = (("computed", 62), ("measured", 124), ("sign", 166))  # heading, right edge in points
ROW_IN = 0.5
GUESS, COMPUTED, MEASURED = style.GREY, style.ORANGE, style.BLUE
AXIS = "times as fast, logarithmic; cross: guess, ring: computed, dot with 95 % interval: measured"


@dataclass(frozen=True, slots=True)
class Gain:
    """One speed-up: computed before, measured with its interval, and perhaps guessed before that."""

    name: str
    computed: float
    measured: float
    interval: Interval
    guessed: float | None = None

    @property
    def settled(self) -> bool:
        """True when the interval leaves out 1, so that there is a sign to have predicted."""
        return self.interval.low > 1 or self.interval.high < 1

    @property
    def sign_right(self) -> bool:
        """True when computed and measured lie on the same side of 1."""
        return (self.computed > 1) == (self.measured > 1)


def speedups(gains: Sequence[Gain]) -> Picture:
    """A row each: cross, ring and dot, with the line at 1. Raises ValueError for none."""
    if not gains:
        raise ValueError("There is no speed-up to show: measure at least one.")
    note = "drafting against plain decoding: same model, same prompts in turn, decode time alone"
    margins = Margins(margin_for(gain.name for gain in gains), RIGHT_IN)
    figure, [axes] = picture(_finding(gains), note, [ROW_IN * len(gains)], margins)
    values = [
        x for g in gains for x in (g.computed, g.interval.low, g.interval.high, g.guessed) if x
    ]
    axes.set_xscale("log")
    axes.set_xlim(0.85 * min(*values, 0.8), 1.18 * max(*values, 1.25))
    _ticks(axes)
    axes.set_ylim(len(gains) - 0.5, -0.5)
    axes.set_yticks(range(len(gains)), [gain.name for gain in gains])
    axes.axvspan(axes.get_xlim()[0], 1, color=style.LIMIT, alpha=0.05, linewidth=0, zorder=0)
    axes.axvline(1, color=style.LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    for y, gain in enumerate(gains):
        _row(axes, y, gain)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([_finding(gains), note, *map(_in_words, gains)])
    return figure


def _ticks(axes: Axes) -> None:
    low, high = axes.get_xlim()
    marks = [x for x in (0.25, 0.5, 0.7, 1, 1.5, 2, 3, 4) if low <= x <= high]
    axes.set_xticks(marks, [f"{x:g}" for x in marks])
    axes.minorticks_off()


def _row(axes: Axes, y: int, gain: Gain) -> None:
    axes.hlines(y, gain.interval.low, gain.interval.high, color=MEASURED, linewidth=3, zorder=2)
    axes.plot(gain.measured, y, "o", color=MEASURED, markersize=9, zorder=3)
    axes.plot(gain.computed, y, "o", mfc="none", mec=COMPUTED, mew=2.5, markersize=13, zorder=4)
    if gain.guessed:
        axes.plot(gain.guessed, y, "x", color=GUESS, mew=2, markersize=9, zorder=2)
    texts = (f"{gain.computed:.2f}", f"{gain.measured:.2f}", _verdict(gain))
    for text, (_, right_pt) in zip(texts, COLUMNS, strict=True):
        style.beside(axes, text, y, right_pt)


def _verdict(gain: Gain) -> str:
    return ("right" if gain.sign_right else "wrong") if gain.settled else "open"


def _finding(gains: Sequence[Gain]) -> str:
    by_gain: Mapping[str, float] = {gain.name: gain.measured for gain in gains}
    best, worst = max(by_gain, key=by_gain.__getitem__), min(by_gain, key=by_gain.__getitem__)
    settled = [gain for gain in gains if gain.settled]
    right = sum(gain.sign_right for gain in settled)
    signs = f"sign predicted in {right} of {len(settled)}"
    if best == worst:
        return f"{best}: {by_gain[best]:.2f} times as fast; {signs}"
    return f"From {by_gain[worst]:.2f} ({worst}) to {by_gain[best]:.2f} ({best}); {signs}"


def _in_words(gain: Gain) -> str:
    guess = f", guessed {gain.guessed:.2f}" if gain.guessed else ""
    return (
        f"{gain.name}: computed {gain.computed:.2f}, measured {gain.measured:.2f} "
        f"({gain.interval}){guess}, sign {_verdict(gain)}"
    )

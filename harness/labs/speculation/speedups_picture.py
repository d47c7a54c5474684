"""Speed-ups, guessed, computed and measured, on both sides of 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.measure.stats import Interval
from harness.show import chart, palette
from harness.show.style import Picture

COLUMNS = chart.Columns(2.6, (("computed", 62), ("measured", 124), ("sign", 166)))
ROW_IN = 0.5
GUESS, COMPUTED, MEASURED = palette.GREY, palette.ORANGE, palette.BLUE
AXIS = "times as fast, logarithmic; cross: guess, ring: computed, dot with 95 % interval: measured"
NOTE = "with a draft against plain decoding: same model, same prompts in turn, decode time alone"


@dataclass(frozen=True, slots=True)
class Speedup:
    """A speed-up: computed, measured with its 95 % interval, and possibly guessed beforehand."""

    name: str
    computed: float
    measured: float
    interval: Interval
    guessed: float | None = None

    @property
    def settled(self) -> bool:
        """Return whether the interval excludes 1, so that the sign of the effect is known."""
        return self.interval.low > 1 or self.interval.high < 1

    @property
    def sign_right(self) -> bool:
        """Return whether computed and measured are on the same side of 1."""
        return (self.computed > 1) == (self.measured > 1)

    @property
    def foretold(self) -> str:
        """Return what the formula says: "helps" or "hurts"."""
        return "helps" if self.computed > 1 else "hurts"

    @property
    def found(self) -> str:
        """Return what was measured: "helps", "hurts", or "undecided" if the interval includes 1."""
        if not self.settled:
            return "undecided"
        return "helps" if self.interval.low > 1 else "hurts"

    @property
    def verdict(self) -> str:
        """Return whether the sign was predicted: "right", "wrong", or "open" if it is not settled."""
        return ("right" if self.sign_right else "wrong") if self.settled else "open"


def speedups(gains: Sequence[Speedup]) -> Picture:
    """Draw guess, computed and measured speed-up, one row each. Raises ValueError for none."""
    chart.require(gains, "speed-ups")
    names, title = [g.name for g in gains], _finding(gains)
    cells = [(f"{g.computed:.2f}", f"{g.measured:.2f}", g.verdict) for g in gains]
    figure, axes = chart.rows_picture(title, NOTE, names, COLUMNS, AXIS, cells, ROW_IN)
    shown = [(g.computed, g.interval.low, g.interval.high, g.guessed) for g in gains]
    chart.speedup_axis(axes, [value for values in shown for value in values if value])
    for y, gain in enumerate(gains):
        chart.interval_dot(axes, gain.measured, y, gain.interval, MEASURED)
        chart.ring(axes, gain.computed, y, COMPUTED)
        if gain.guessed:
            axes.plot(gain.guessed, y, "x", color=GUESS, mew=2, markersize=9, zorder=2)
    return figure.described(map(_in_words, gains))


def _finding(gains: Sequence[Speedup]) -> str:
    best, worst = (pick(gains, key=lambda gain: gain.measured) for pick in (max, min))
    settled = [gain for gain in gains if gain.settled]
    signs = f"sign predicted in {sum(gain.sign_right for gain in settled)} of {len(settled)}"
    if best.name == worst.name:
        return f"{best.name}: {best.measured:.2f} times as fast; {signs}"
    return f"From {worst.measured:.2f} ({worst.name}) to {best.measured:.2f} ({best.name}); {signs}"


def _in_words(gain: Speedup) -> str:
    guess = f", guessed {gain.guessed:.2f}" if gain.guessed else ""
    return (
        f"{gain.name}: computed {gain.computed:.2f}, measured {gain.measured:.2f} "
        f"({gain.interval}){guess}, sign {gain.verdict}"
    )

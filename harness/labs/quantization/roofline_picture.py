"""The lower bound that memory bandwidth sets to a decoded token, and the measured time of each file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.show import chart, palette
from harness.show.number_formats import percent
from harness.show.style import Picture

COLUMNS = chart.Columns(2.9, (("computed", 62), ("measured", 128), ("of the limit", 196)))
FLOOR, MEASURED = palette.ORANGE, palette.BLUE
AXIS = "ms a token; ring: computed from bytes and bandwidth, dot: measured"
NEAR = 0.8  # of the limit: from this share on, a step is called memory-bound


@dataclass(frozen=True, slots=True)
class Step:
    """The decode step of a file: its floor, computed, and its time, measured, both in ms per token."""

    name: str
    floor_ms: float
    measured_ms: float

    @property
    def share(self) -> float:
        """Return the share of the limit that is reached: floor / measured."""
        return self.floor_ms / self.measured_ms


def roofline(steps: Sequence[Step], bandwidth_gbs: float) -> Picture:
    """Draw floor and measured time of each file, on one core. Raises ValueError for none."""
    chart.require(steps, "files")
    note = f"decode, one thread, best of several runs; one core reads {bandwidth_gbs:.1f} GB/s (measured)"
    names = [s.name for s in steps]
    cells = [(f"{s.floor_ms:.1f}", f"{s.measured_ms:.1f}", percent(s.share)) for s in steps]
    figure, axes = chart.rows_picture(_finding(steps), note, names, COLUMNS, AXIS, cells)
    axes.set_xlim(0, 1.08 * max(max(s.floor_ms, s.measured_ms) for s in steps))
    for y, step in enumerate(steps):
        axes.hlines(y, step.floor_ms, step.measured_ms, color=palette.PALE, linewidth=4, zorder=1)
        axes.plot(step.measured_ms, y, "o", color=MEASURED, markersize=8, zorder=3)
        chart.ring(axes, step.floor_ms, y, FLOOR, zorder=2)
    return figure.described(map(_in_words, steps))


def _finding(steps: Sequence[Step]) -> str:
    near = [step.name for step in steps if step.share >= NEAR]
    far = min(steps, key=lambda step: step.share)
    if len(near) == len(steps):
        return "Every file waits for memory: fewer bytes take less time, down to the smallest file"
    names = " and ".join(filter(None, [", ".join(near[:-1]), *near[-1:]]))
    waits = f"{names} wait{'s' * (len(near) == 1)}" if near else "None waits"
    return f"{waits} for memory; {far.name} reaches {percent(far.share)} of its limit: it computes"


def _in_words(step: Step) -> str:
    return (
        f"{step.name}: computed {step.floor_ms:.2f} ms a token, measured {step.measured_ms:.2f}, "
        f"{step.share:.0%} of the limit"
    )

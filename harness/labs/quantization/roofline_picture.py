"""The floor that memory sets to a decoded token, and where each file really stands above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, picture, margin_for

RIGHT_IN = 2.9
COLUMNS = (("computed", 62), ("measured", 128), ("of the limit", 196))
FLOOR, MEASURED = style.ORANGE, style.BLUE
AXIS = "ms a token; ring: computed from bytes and bandwidth, dot: measured"
NEAR = 0.8  # of the limit: from here on memory is what a step waits for


@dataclass(frozen=True, slots=True)
class Step:
    """A file: the floor of a step, computed, and the step, measured; ms a token."""

    name: str
    floor_ms: float
    measured_ms: float

    @property
    def share(self) -> float:
        """How much of the limit is reached: floor / measured."""
        return self.floor_ms / self.measured_ms


def roofline(steps: Sequence[Step], bandwidth_gbs: float) -> Picture:
    """Floor and clock of each file, on one core. Raises ValueError for none."""
    if not steps:
        raise ValueError("There is no step to show: measure at least one file.")
    title = _finding(steps)
    note = f"decode, one thread, best of several runs; one core reads {bandwidth_gbs:.1f} GB/s (measured)"
    figure, [axes] = picture(
        title, note, [style.ROW_IN * len(steps)], Margins(margin_for(s.name for s in steps), RIGHT_IN)
    )
    axes.set_ylim(len(steps) - 0.5, -0.5)
    axes.set_yticks(range(len(steps)), [step.name for step in steps])
    axes.set_xlim(0, 1.08 * max(max(s.floor_ms, s.measured_ms) for s in steps))
    for y, step in enumerate(steps):
        _row(axes, y, step)
    for text, right_pt in COLUMNS:
        style.heading(axes, text, right_pt)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *map(_in_words, steps)])
    return figure


def _row(axes: Axes, y: int, step: Step) -> None:
    axes.hlines(y, step.floor_ms, step.measured_ms, color=style.PALE, linewidth=4, zorder=1)
    axes.plot(step.measured_ms, y, "o", color=MEASURED, markersize=8, zorder=3)
    axes.plot(step.floor_ms, y, "o", mfc="none", mec=FLOOR, mew=2.5, markersize=13, zorder=2)
    texts = (f"{step.floor_ms:.1f}", f"{step.measured_ms:.1f}", style.percent(step.share))
    for text, (_, right_pt) in zip(texts, COLUMNS, strict=True):
        style.beside(axes, text, y, right_pt)


def _finding(steps: Sequence[Step]) -> str:
    near = [step.name for step in steps if step.share >= NEAR]
    far = min(steps, key=lambda step: step.share)
    if len(near) == len(steps):
        return "Every file waits for memory: fewer bytes are less time, all the way"
    names = " and ".join(filter(None, [", ".join(near[:-1]), *near[-1:]]))
    waits = f"{names} wait{'s' * (len(near) == 1)}" if near else "None waits"
    return f"{waits} for memory; {far.name} reaches {style.percent(far.share)} of its limit: it computes"


def _in_words(step: Step) -> str:
    return (
        f"{step.name}: computed {step.floor_ms:.2f} ms a token, measured {step.measured_ms:.2f}, "
        f"{step.share:.0%} of the limit"
    )

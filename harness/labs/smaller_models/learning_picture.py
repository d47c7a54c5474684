"""Cross entropy of a model against the lessons that it has read: the gain from fine-tuning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.show import chart, number_formats, palette, style
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.4
MARGINS = Margins(left=0.6, right=1.2)
LINEAR_TO = 10  # lessons: a logarithmic axis has no zero
AXIS = "lessons read, logarithmic above 10; lower is better, 0 is certainty"


@dataclass(frozen=True, slots=True)
class TuningStage:
    """A model during its tuning: its name, the lessons read, and nats a token of the right answers."""

    name: str
    lessons: int
    cross_entropy: float

    def __str__(self) -> str:
        return f"{self.name}: {self.cross_entropy:.2f}"


def learning(stages: Sequence[TuningStage], reference: TuningStage, n: int) -> Picture:
    """Draw `stages` in the order of their lessons, and `reference` as a line.

    reference: the model that they should approach, such as the one they were cut from. n: number of answers
    evaluated. Raises ValueError for no stages.
    """
    chart.require(stages, "stages")
    note = f"cross entropy of {n} reference answers that no lesson contains, nats a token"
    figure, [axes] = picture(_finding(stages), note, [HEIGHT_IN], MARGINS, AXIS)
    axes.set_xscale("symlog", linthresh=LINEAR_TO)
    axes.set_xlim(-1, 1.8 * max(LINEAR_TO, *(stage.lessons for stage in stages)))
    axes.set_ylim(0, 1.25 * max(stage.cross_entropy for stage in [*stages, reference]))
    points = [(stage.lessons, stage.cross_entropy) for stage in stages]
    chart.curve(axes, points, chart.BLUE, size=9)
    for stage, point in zip(stages, points, strict=True):
        style.write(axes, str(stage), point, (6, 8), colour=palette.BLUE, weight="bold")
    chart.dashed(axes, "y", reference.cross_entropy, width=1.4)
    look = {"colour": palette.FAINT, "va": "center"}
    style.write(axes, str(reference), (1, reference.cross_entropy), (6, 0), style.X_SHARE, **look)
    chart.ticks(axes.xaxis, [lessons for lessons, _ in points], "{:,}".format)
    chart.y_axis(axes)
    return figure.described(map(_in_words, [*stages, reference]))


def _finding(stages: Sequence[TuningStage]) -> str:
    first, last = stages[0], stages[-1]
    if len(stages) < 3:
        nats = f"from {first.cross_entropy:.2f} to {last.cross_entropy:.2f} nats a token"
        return f"{last.lessons:,} lessons: {nats}"
    short, gain = stages[-2], first.cross_entropy - last.cross_entropy
    share = number_formats.percent(
        max(0.0, (first.cross_entropy - short.cross_entropy) / (gain or 1.0))
    )
    return f"{short.lessons:,} lessons give {share} of the gain of {last.lessons:,}"


def _in_words(stage: TuningStage) -> str:
    return f"{stage.name}: {stage.lessons:,} lessons, {stage.cross_entropy:.2f} nats a token"

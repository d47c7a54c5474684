"""What tuning buys: how surprised the model still is, against the lessons it has read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 2.4
RIGHT_IN = 1.2
LINEAR_TO = 10  # lessons: a logarithmic axis has no zero
AXIS = "lessons read, logarithmic above 10; lower is better, 0 is certainty"


@dataclass(frozen=True, slots=True)
class Stage:
    """A model on its way: its name, the lessons it has read, and nats a token of the right answers."""

    name: str
    lessons: int
    cross_entropy: float


def learning(stages: Sequence[Stage], reference: Stage, n: int) -> Picture:
    """`stages` in the order of their lessons, `reference` as a line. Raises ValueError for none.

    reference: what they are to come close to, such as the model they were cut from. n: answers looked at.
    """
    if not stages:
        raise ValueError("There is nothing to show: give at least one stage.")
    note = f"cross entropy of {n} reference answers that no lesson contains, nats a token"
    figure, [axes] = picture(_finding(stages), note, [HEIGHT_IN], Margins(left=0.6, right=RIGHT_IN))
    axes.set_xscale("symlog", linthresh=LINEAR_TO)
    axes.set_xlim(-1, 1.8 * max(LINEAR_TO, *(one.lessons for one in stages)))
    axes.set_ylim(0, 1.25 * max(one.cross_entropy for one in [*stages, reference]))
    xs, ys = [one.lessons for one in stages], [one.cross_entropy for one in stages]
    axes.plot(xs, ys, "o-", color=style.BLUE, markersize=9)
    axes.axhline(reference.cross_entropy, color=style.GREY, linestyle=(0, (4, 2)), linewidth=1.4)
    for one in stages:
        _name(axes, one)
    _name_reference(axes, reference)
    axes.set_xticks(xs, [f"{x:,}" for x in xs])
    axes.minorticks_off()
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([_finding(stages), note, *map(_in_words, [*stages, reference])])
    return figure


def _name(axes: Axes, one: Stage) -> None:
    axes.annotate(
        f"{one.name}: {one.cross_entropy:.2f}",
        (one.lessons, one.cross_entropy),
        xytext=(6, 8),
        textcoords="offset points",
        fontsize=style.SMALL_PT,
        weight="bold",
        color=style.BLUE,
        annotation_clip=False,
    )


def _name_reference(axes: Axes, one: Stage) -> None:
    axes.annotate(
        f"{one.name}: {one.cross_entropy:.2f}",
        (1, one.cross_entropy),
        xycoords=("axes fraction", "data"),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.SMALL_PT,
        color=style.FAINT,
        annotation_clip=False,
    )


def _finding(stages: Sequence[Stage]) -> str:
    first, last = stages[0], stages[-1]
    if len(stages) < 3:
        return f"{last.lessons:,} lessons: from {first.cross_entropy:.2f} to {last.cross_entropy:.2f} nats a token"
    short = stages[1]
    way = (first.cross_entropy - short.cross_entropy) / (first.cross_entropy - last.cross_entropy or 1.0)
    return (
        f"{short.lessons:,} lessons go {style.percent(max(0.0, way))} of the way "
        f"that {last.lessons:,} go"
    )


def _in_words(one: Stage) -> str:
    return f"{one.name}: {one.lessons:,} lessons, {one.cross_entropy:.2f} nats a token"

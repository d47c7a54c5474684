"""Recall of an index while its articles are exchanged, for each way of maintaining it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.labs.retrieval.churn import MARKED, REBUILT, REPLACED, UNCHANGED, Round
from harness.show import number_formats, palette
from harness.show.chart import Look, curve, name_the_ends, require, y_axis
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 2.6
MARGINS = Margins(left=0.75, right=3.4)
LOOKS = {
    UNCHANGED: Look(palette.VERMILLION, "s", "--"),
    MARKED: Look(palette.ORANGE, "^", "-."),
    REPLACED: Look(palette.BLUE, "o", "-"),
    REBUILT: Look(palette.GREY, "D", ":"),
}
APART = 0.09  # least distance of two names, as a share of the height
AXIS = "articles exchanged so far, as a share of those held"


def churn_curves(rounds: Sequence[Round]) -> Picture:
    """Draw a line for each way of maintenance; its name gives ms per query and the vectors in the graph.

    Raises ValueError below two rounds.
    """
    require(rounds, "rounds", least=2)
    last = rounds[-1]
    n = len(last.runs[UNCHANGED].ms)
    note = f"recall against the articles of each round, {n} queries, measured; ms: p50 of the last round"
    figure, [axes] = picture(_finding(rounds), note, [HEIGHT_IN], MARGINS, AXIS)
    for way, look in LOOKS.items():
        curve(axes, [(state.replaced, state.runs[way].recall) for state in rounds], look)
    axes.set_ylim(0, 1.02)
    name_the_ends(axes, [_end(last, way) for way in LOOKS], APART, weight="normal")
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    y_axis(axes, "recall", percent)
    return figure.described(_in_words(way, rounds) for way in LOOKS)


def _end(last: Round, way: str) -> tuple[float, str, str]:
    search = last.runs[way]
    name = f"{way}: {number_formats.ms(search.p50_ms)}, {last.held[way]:,} held"
    return search.recall, name, LOOKS[way].colour if way != REBUILT else palette.FAINT


def _finding(rounds: Sequence[Round]) -> str:
    first, last = rounds[0], rounds[-1]
    unchanged = " to ".join(percent(state.runs[UNCHANGED].recall) for state in (first, last))
    slower = last.runs[MARKED].p50_ms / last.runs[REBUILT].p50_ms
    points = round(100 * (last.runs[REPLACED].recall - last.runs[REBUILT].recall))
    return (
        f"An unchanged index goes from {unchanged} recall; compared with a rebuilt one, marking takes "
        f"{slower:.1f} times as long per query, and replacing differs by {abs(points)} points of recall"
    )


def _in_words(way: str, rounds: Sequence[Round]) -> str:
    return f"{way}: " + ", ".join(
        f"{percent(state.replaced)} {percent(state.runs[way].recall)}" for state in rounds
    )

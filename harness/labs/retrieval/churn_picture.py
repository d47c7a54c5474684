"""Recall of an index while its articles are exchanged, for each way of maintaining it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.labs.retrieval.churn import LEFT, MARKED, REBUILT, REPLACED, Round
from harness.show import style
from harness.show.chart import Look, curve, name_the_ends, require, y_axis
from harness.show.style import Margins, Picture, percent, picture

HEIGHT_IN = 2.6
MARGINS = Margins(left=0.75, right=3.4)
LOOKS = {
    LEFT: Look(style.VERMILLION, "s", "--"),
    MARKED: Look(style.ORANGE, "^", "-."),
    REPLACED: Look(style.BLUE, "o", "-"),
    REBUILT: Look(style.GREY, "D", ":"),
}
APART = 0.09  # of the height: least distance of two names
AXIS = "articles exchanged so far, as a share of those held"


def churned(rounds: Sequence[Round]) -> Picture:
    """Draw a line for each way; its name gives ms a query and the number of vectors that the graph holds.

    Raises ValueError below two rounds.
    """
    require(rounds, "rounds", least=2)
    last = rounds[-1]
    n = len(last.found[LEFT].ms)
    note = f"recall of what is true in each round, {n} queries, measured; ms: p50 of the last round"
    figure, [axes] = picture(_finding(rounds), note, [HEIGHT_IN], MARGINS, AXIS)
    for way, look in LOOKS.items():
        curve(axes, [(state.replaced, state.found[way].recall) for state in rounds], look)
    axes.set_ylim(0, 1.02)
    name_the_ends(axes, [_end(last, way) for way in LOOKS], APART, weight="normal")
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    y_axis(axes, "recall", percent)
    return figure.described(_in_words(way, rounds) for way in LOOKS)


def _end(last: Round, way: str) -> tuple[float, str, str]:
    search = last.found[way]
    name = f"{way}: {style.ms(search.p50_ms)}, {last.held[way]:,} held"
    return search.recall, name, LOOKS[way].colour if way != REBUILT else style.FAINT


def _finding(rounds: Sequence[Round]) -> str:
    first, last = rounds[0], rounds[-1]
    left = " to ".join(percent(state.found[LEFT].recall) for state in (first, last))
    slower = last.found[MARKED].p50_ms / last.found[REBUILT].p50_ms
    lost = round(100 * (last.found[REPLACED].recall - last.found[REBUILT].recall))
    return (
        f"Left as it was, the index goes from {left} recall; against one built anew, marking takes "
        f"{slower:.1f} times as long a query, and replacing differs by {abs(lost)} points of recall"
    )


def _in_words(way: str, rounds: Sequence[Round]) -> str:
    return f"{way}: " + ", ".join(
        f"{percent(state.replaced)} {percent(state.found[way].recall)}" for state in rounds
    )

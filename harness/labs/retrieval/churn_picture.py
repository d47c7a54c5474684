"""What an index still finds while its articles are exchanged, for each way of keeping it."""

from __future__ import annotations

from collections.abc import Sequence

from harness.labs.retrieval.churn import LEFT, MARKED, REBUILT, REPLACED, Round
from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 2.6
LOOKS = {
    LEFT: (style.VERMILLION, "s", "--"),
    MARKED: (style.ORANGE, "^", "-."),
    REPLACED: (style.BLUE, "o", "-"),
    REBUILT: (style.GREY, "D", ":"),
}
APART = 0.09  # of the height: names at the ends of lines do not touch
AXIS = "articles exchanged so far, as a share of those held"


def churned(rounds: Sequence[Round]) -> Picture:
    """A line for each way; at its end what a query takes and how many vectors the graph holds.

    Raises ValueError below two rounds.
    """
    if len(rounds) < 2:
        raise ValueError("Nothing has changed yet: measure at least two rounds.")
    title, last = _finding(rounds), rounds[-1]
    asked = len(last.found[LEFT].ms)
    note = f"recall of what is true in each round, {asked} queries, measured; ms: p50 of the last round"
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.75, right=3.4))
    for way, (colour, mark, line) in LOOKS.items():
        recalls = [one.found[way].recall for one in rounds]
        shares = [one.replaced for one in rounds]
        axes.plot(shares, recalls, line, marker=mark, color=colour, markersize=7, zorder=3)
    axes.set_ylim(0, 1.02)
    style.name_the_ends(axes, _ends(last), APART, weight="normal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: style.percent(value))
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.set_ylabel("recall", fontsize=style.SMALL_PT, color=style.FAINT)
    style.time_axis(axes, AXIS)
    figure.description = "\n".join([title, note, *(_in_words(way, rounds) for way in LOOKS)])
    return figure


def _ends(last: Round) -> list[tuple[float, str, str]]:
    return [
        (
            last.found[way].recall,
            f"{way}: {style.ms(last.found[way].p50_ms)}, {last.held[way]:,} held",
            LOOKS[way][0] if way != REBUILT else style.FAINT,
        )
        for way in LOOKS
    ]


def _finding(rounds: Sequence[Round]) -> str:
    first, last = rounds[0], rounds[-1]
    left = " to ".join(style.percent(one.found[LEFT].recall) for one in (first, last))
    slower = last.found[MARKED].p50_ms / last.found[REBUILT].p50_ms
    lost = round(100 * (last.found[REPLACED].recall - last.found[REBUILT].recall))
    return (
        f"Left alone, recall goes from {left}; against an index built anew, marked ones take "
        f"{slower:.1f} times as long, and replaced ones differ by {abs(lost)} points of recall"
    )


def _in_words(way: str, rounds: Sequence[Round]) -> str:
    return f"{way}: " + ", ".join(
        f"{style.percent(one.replaced)} {style.percent(one.found[way].recall)}" for one in rounds
    )

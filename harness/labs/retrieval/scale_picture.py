"""Time of a search against the number of vectors, exact and approximate, and where the lines cross."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.labs.retrieval.scale import FLOOR, Row, crossing
from harness.show import style
from harness.show.style import Picture, Margins, picture

HEIGHT_IN = 3.0
EXACT, WALK = (style.VERMILLION, "s", "--"), (style.BLUE, "o", "-")
AXIS = "vectors searched, logarithmic"


def scale(rows: Sequence[Row], dimensions: int) -> Picture:
    """Two lines on logarithmic axes, the walk's recall at its dots. Raises ValueError below two rows."""
    if len(rows) < 2:
        raise ValueError("A line needs two sizes: measure at least two.")
    note = (
        f"one query on one thread, p50 of {len(rows[0].exact.ms)}, {dimensions} dimensions, measured; "
        "at each dot of the walk: its recall"
    )
    title = _finding(rows)
    figure, [axes] = picture(title, note, [HEIGHT_IN], Margins(left=0.75, right=1.3))
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = [row.n for row in rows]
    _line(axes, sizes, [row.exact.p50_ms for row in rows], EXACT, "exact")
    _line(axes, sizes, [row.walk.p50_ms for row in rows], WALK, "graph walk")
    for row in rows:
        _recall(axes, row)
    _scales(axes, rows)
    if cross := crossing(rows):
        axes.axvline(cross, color=style.GREY, linewidth=1.2, linestyle=(0, (4, 2)), zorder=1)
        axes.annotate(
            f"even at about {_round(cross)}",
            (cross, 1),
            xycoords=("data", "axes fraction"),
            xytext=(5, -10),
            textcoords="offset points",
            fontsize=style.SMALL_PT,
            color=style.FAINT,
        )
    figure.description = "\n".join([title, note, *map(_in_words, rows)])
    return figure


def _line(
    axes: Axes, sizes: Sequence[int], ms: Sequence[float], look: tuple[str, str, str], name: str
) -> None:
    colour, mark, line = look
    axes.plot(sizes, ms, line, marker=mark, color=colour, markersize=7, zorder=3)
    axes.annotate(
        name,
        (sizes[-1], ms[-1]),
        xytext=(10, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.TEXT_PT,
        weight="bold",
        color=colour,
        annotation_clip=False,
    )


def _recall(axes: Axes, row: Row) -> None:
    axes.annotate(
        style.percent(row.walk.recall),
        (row.n, row.walk.p50_ms),
        xytext=(0, -15),
        textcoords="offset points",
        ha="center",
        fontsize=style.SMALL_PT,
        color=WALK[0],
    )


def _scales(axes: Axes, rows: Sequence[Row]) -> None:
    times = [ms for row in rows for ms in (row.exact.p50_ms, row.walk.p50_ms)]
    axes.set_ylim(min(times) / 2.5, max(times) * 1.8)
    axes.set_xlim(rows[0].n / 1.4, rows[-1].n * 1.2)
    axes.set_xticks([row.n for row in rows], [f"{row.n:,}" for row in rows])
    ticks = [10.0**power for power in range(-3, 4)]
    low, high = axes.get_ylim()
    shown = [tick for tick in ticks if low <= tick <= high]
    axes.set_yticks(shown, [f"{tick:g}" for tick in shown])
    axes.minorticks_off()
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.set_ylabel("ms, logarithmic", fontsize=style.SMALL_PT, color=style.FAINT)
    style.time_axis(axes, AXIS)


def _finding(rows: Sequence[Row]) -> str:
    small, large = rows[0], rows[-1]
    first = _compared(small)
    return f"{small.n:,} vectors: {first}; {large.n:,}: {_compared(large)}"


def _compared(row: Row) -> str:
    factor = row.ratio.p50
    if row.ratio.interval.low <= 1 <= row.ratio.interval.high:
        return "no difference"
    if factor < 1:
        return f"exact {1 / factor:.1f} times as fast"
    short = "" if row.walk.recall >= FLOOR else f", finding {style.percent(row.walk.recall)}"
    return f"the walk {factor:.{0 if factor >= 10 else 1}f} times as fast{short}"


def _round(n: float) -> str:
    """Two digits, as that is all a line between two sizes can tell."""
    return f"{float(f'{n:.2g}'):,.0f}"


def _in_words(row: Row) -> str:
    return (
        f"{row.n:,}: exact {style.ms(row.exact.p50_ms)}, walk (ef {row.ef}) "
        f"{style.ms(row.walk.p50_ms)}, recall {row.walk.recall:.1%}, "
        f"ratio {row.ratio.p50:.2f} ({row.ratio.interval})"
    )

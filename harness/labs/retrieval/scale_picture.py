"""Time of a search against the number of vectors, exact and approximate, and where the lines cross."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from harness.labs.retrieval.scale import FLOOR, Row, crossing
from harness.show import chart, number_formats, palette, style
from harness.show.number_formats import percent
from harness.show.style import Margins, Picture, picture

HEIGHT_IN = 3.0
MARGINS = Margins(left=0.75, right=1.3)
AXIS = "vectors searched, logarithmic"
DECADES = [10.0**power for power in range(-3, 4)]


def scale_curves(rows: Sequence[Row], dimensions: int) -> Picture:
    """Draw two lines on logarithmic axes, the recall of the walk at its dots.

    Raises ValueError below two rows.
    """
    chart.require(rows, "sizes", least=2)
    note = (
        f"one query on one thread, p50 of {len(rows[0].exact.ms)}, {dimensions} dimensions, measured; "
        "at each dot of the walk: its recall"
    )
    figure, [axes] = picture(_finding(rows), note, [HEIGHT_IN], MARGINS, AXIS)
    _scales(axes, rows)
    chart.curve(axes, [(row.n, row.exact.p50_ms) for row in rows], chart.RED, name="exact")
    walk = [(row.n, row.walk.p50_ms) for row in rows]
    chart.curve(axes, walk, chart.BLUE, name="graph walk")
    for point, row in zip(walk, rows, strict=True):
        style.write(
            axes, percent(row.walk.recall), point, (0, -15), colour=palette.BLUE, ha="center"
        )
    if cross := crossing(rows):
        chart.dashed(axes, "x", cross)
        text = f"equal at about {_round(cross)}"
        style.write(axes, text, (cross, 1), (5, -10), style.Y_SHARE, colour=palette.FAINT)
    return figure.described(map(_in_words, rows))


def _scales(axes: Axes, rows: Sequence[Row]) -> None:
    times = [ms for row in rows for ms in (row.exact.p50_ms, row.walk.p50_ms)]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(rows[0].n / 1.4, rows[-1].n * 1.2)
    axes.set_ylim(min(times) / 2.5, max(times) * 1.8)
    chart.ticks(axes.xaxis, [row.n for row in rows], "{:,}".format)
    chart.ticks(axes.yaxis, DECADES)
    chart.y_axis(axes, "ms, logarithmic")


def _finding(rows: Sequence[Row]) -> str:
    return "; ".join(
        f"{row.n:,}{vectors}: {_compared(row)}"
        for row, vectors in ((rows[0], " vectors"), (rows[-1], ""))
    )


def _compared(row: Row) -> str:
    factor = row.ratio.p50
    if row.ratio.interval.low <= 1 <= row.ratio.interval.high:
        return "no difference"
    if factor < 1:
        return f"exact {1 / factor:.1f} times as fast"
    shortfall = "" if row.walk.recall >= FLOOR else f", finding {percent(row.walk.recall)}"
    return f"the walk {factor:.{0 if factor >= 10 else 1}f} times as fast{shortfall}"


def _round(n: float) -> str:
    """Return n with two digits: a line between two sizes is no more precise."""
    return f"{float(f'{n:.2g}'):,.0f}"


def _in_words(row: Row) -> str:
    return (
        f"{row.n:,}: exact {number_formats.ms(row.exact.p50_ms)}, walk (ef {row.ef}) "
        f"{number_formats.ms(row.walk.p50_ms)}, recall {row.walk.recall:.1%}, "
        f"ratio {row.ratio.p50:.2f} ({row.ratio.interval})"
    )

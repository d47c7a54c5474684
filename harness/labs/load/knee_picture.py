"""Time to first text and goodput against the load, measured and simulated: where an assistant saturates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.measure.load.goodput import Limits, LoadRun
from harness.measure.stats import TooFewSamplesError, middle, percentile, tail
from harness.show import chart, palette, style
from harness.show.number_formats import duration, ms, percent
from harness.show.style import Margins, Picture, picture

HEIGHTS_IN = [2.4, 0.9]  # of the times, and of goodput
MARGINS = Margins(left=0.8, right=1.3, between=0.35)
MEASURED, SIM = palette.BLUE, palette.ORANGE
AXIS = "arrival rate (Poisson), as a share of the most that the assistant can serve"
NOTE = (
    "TTFT from the intended start: dot p50, whisker to the slow end of n requests; "
    "lines: p50 and p90, SIM"
)

Runs = Mapping[float, LoadRun]  # load, as a share of the most that the assistant can serve -> run


def knee(runs: Runs, simulated: Runs, limits: Limits) -> Picture:
    """Draw TTFT above and goodput below: measured runs as dots with whiskers, simulated ones as lines (SIM).

    Raises ValueError if either kind is empty.
    """
    chart.require(runs, "rates measured")
    chart.require(simulated, "rates simulated")
    runs, simulated = dict(sorted(runs.items())), dict(sorted(simulated.items()))
    figure, [times, shares] = picture(_finding(runs, limits), NOTE, HEIGHTS_IN, MARGINS, AXIS)
    _times(times, runs, simulated, limits.ttft_ms)
    _shares(shares, runs, simulated, limits)
    for axes in (times, shares):
        axes.xaxis.set_major_formatter(lambda value, _: percent(value))
    return figure.described(_in_words(load, run, limits) for load, run in runs.items())


def _times(axes: Axes, runs: Runs, simulated: Runs, limit_ms: float) -> None:
    axes.set_yscale("log")
    for q, line, up_pt in ((90, "--", 6), (50, "-", -6)):
        values = [percentile(_ttft(run), q) for run in simulated.values()]
        axes.plot(list(simulated), values, line, color=SIM, linewidth=1.8, zorder=2)
        _name(axes, f"p{q}, SIM", values[-1], SIM, up_pt)
    for load, run in runs.items():
        median_ms, slow_ms = middle(_ttft(run)).value, tail(_ttft(run)).value
        _whisker(axes, load, median_ms, median_ms, slow_ms)
    chart.dashed(axes, "y", limit_ms, palette.LIMIT, width=1.4)
    _name(axes, f"limit {ms(limit_ms)}", limit_ms, palette.LIMIT)
    chart.ticks(axes.yaxis, form=duration)
    chart.y_axis(axes)


def _shares(axes: Axes, runs: Runs, simulated: Runs, limits: Limits) -> None:
    values = [run.goodput(limits).share.rate for run in simulated.values()]
    axes.plot(list(simulated), values, color=SIM, linewidth=1.8, zorder=2)
    for load, run in runs.items():
        share = run.goodput(limits).share
        _whisker(axes, load, share.rate, share.interval.low, share.interval.high, size=8)
    axes.set_ylim(-0.04, 1.08)
    axes.set_yticks([0, 0.5, 1])
    chart.y_axis(axes, form=percent)
    _name(axes, "goodput, 95 %", 0.6, palette.INK)


def _whisker(
    axes: Axes, load: float, value: float, low: float, high: float, size: float = 9
) -> None:
    axes.vlines(load, low, high, color=MEASURED, linewidth=2, zorder=3)
    axes.plot(load, value, "o", color=MEASURED, markersize=size, zorder=4)


def _name(axes: Axes, text: str, y: float, colour: str, up_pt: float = 0) -> None:
    style.write(axes, text, (1, y), (11, up_pt), style.X_SHARE, colour=colour, va="center")


def _ttft(run: LoadRun) -> Sequence[float]:
    """Return ms of the requests that got any text. Raises TooFewSamplesError if there are none."""
    times = [request.ttft_ms for request in run.requests if request.ttft_ms is not None]
    if not times:
        raise TooFewSamplesError("No request of this run got any text: look at its faults.")
    return times


def _finding(runs: Runs, limits: Limits) -> str:
    """Compare the goodput at the lowest and the highest load; `runs` by load."""
    calm, busy = min(runs), max(runs)
    low, high = (percent(runs[load].goodput(limits).share.rate) for load in (calm, busy))
    if calm == busy:
        return f"Goodput at {percent(calm)} load: {low} of the requests"
    return f"Goodput: {low} of the requests at {percent(calm)} load, {high} at {percent(busy)}"


def _in_words(load: float, run: LoadRun, limits: Limits) -> str:
    median, slow = middle(_ttft(run)), tail(_ttft(run))
    return (
        f"load {percent(load)}: TTFT {median.label} {ms(median.value)}, {slow.label} {ms(slow.value)}, "
        f"goodput {run.goodput(limits).share}"
    )

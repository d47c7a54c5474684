"""Where an assistant gives in: time to first text and goodput against the load, measured and simulated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from harness.measure.load.goodput import Limits, LoadRun
from harness.measure.latency.stats import TooFewSamplesError, middle, percentile, tail
from harness.show import style
from harness.show.style import Picture, Margins, duration, ms, percent, picture

HEIGHT_IN, GOODPUT_IN = 2.4, 0.9
MARGINS = Margins(left=0.8, right=1.3, between=0.35)
MEASURED, SIM = style.BLUE, style.ORANGE
AXIS = "requests a second that arrive (Poisson), as a share of what the assistant can do at most"
TICKS_MS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
NAMES_PT = 11  # from the end of a line to its name


def knee(
    runs: Mapping[float, LoadRun],
    simulated: Mapping[float, LoadRun],
    most_per_s: float,
    limits: Limits,
) -> Picture:
    """Runs by requests/s: measured as dots with their slow end, simulated as lines, marked SIM.

    most_per_s: requests a second of one user without a pause. Raises ValueError for no run.
    """
    if not runs or not simulated:
        raise ValueError("There is no load to show: measure and simulate at least one rate.")
    title = _finding(runs, most_per_s, limits)
    note = (
        "TTFT from the intended start: dot p50, whisker to the slow end of n requests; "
        "lines: p50 and p90, SIM"
    )
    figure, [times, shares] = picture(title, note, [HEIGHT_IN, GOODPUT_IN], MARGINS)
    _times(times, runs, simulated, most_per_s, limits)
    _shares(shares, runs, simulated, most_per_s, limits)
    style.time_axis(shares, AXIS)
    rows = [_in_words(rate / most_per_s, run, limits) for rate, run in sorted(runs.items())]
    figure.description = "\n".join([title, note, *rows])
    return figure


def _times(
    axes: Axes,
    runs: Mapping[float, LoadRun],
    simulated: Mapping[float, LoadRun],
    most_per_s: float,
    limits: Limits,
) -> None:
    axes.set_yscale("log")
    for q, line in ((90, "--"), (50, "-")):
        points = [(rate / most_per_s, percentile(_ttft(run), q)) for rate, run in simulated.items()]
        x, y = zip(*sorted(points), strict=True)
        axes.plot(x, y, line, color=SIM, linewidth=1.8, zorder=2)
        _name(axes, f"p{q}, SIM", y[-1], SIM, -6 if q == 50 else 6)
    for rate, run in runs.items():
        half, slow = middle(_ttft(run)).value, tail(_ttft(run)).value
        axes.vlines(rate / most_per_s, half, slow, color=MEASURED, linewidth=2, zorder=3)
        axes.plot(rate / most_per_s, half, "o", color=MEASURED, markersize=9, zorder=4)
    axes.axhline(limits.ttft_ms, color=style.LIMIT, linewidth=1.4, linestyle=(0, (4, 2)), zorder=1)
    _name(axes, f"limit {ms(limits.ttft_ms)}", limits.ttft_ms, style.LIMIT, 0)
    low, high = axes.get_ylim()
    shown = [value for value in TICKS_MS if low <= value <= high]
    axes.set_yticks(shown, [duration(value) for value in shown])
    axes.minorticks_off()
    axes.tick_params(axis="y", which="both", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))


def _shares(
    axes: Axes,
    runs: Mapping[float, LoadRun],
    simulated: Mapping[float, LoadRun],
    most_per_s: float,
    limits: Limits,
) -> None:
    points = sorted(
        (r / most_per_s, run.goodput(limits).share.rate) for r, run in simulated.items()
    )
    axes.plot(*zip(*points, strict=True), color=SIM, linewidth=1.8, zorder=2)
    for rate, run in runs.items():
        share = run.goodput(limits).share
        low, high = share.interval.low, share.interval.high
        axes.vlines(rate / most_per_s, low, high, color=MEASURED, linewidth=2, zorder=3)
        axes.plot(rate / most_per_s, share.rate, "o", color=MEASURED, markersize=8, zorder=4)
    axes.set_ylim(-0.04, 1.08)
    axes.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axes.tick_params(axis="y", labelsize=style.SMALL_PT, labelcolor=style.FAINT)
    _name(axes, "goodput, 95 %", 0.6, style.INK, 0)
    axes.xaxis.set_major_formatter(lambda value, _: percent(value))


def _name(axes: Axes, text: str, y: float, colour: str, up_pt: float) -> None:
    axes.annotate(
        text,
        (1, y),
        xycoords=("axes fraction", "data"),
        xytext=(NAMES_PT, up_pt),
        textcoords="offset points",
        va="center",
        fontsize=style.SMALL_PT,
        color=colour,
        annotation_clip=False,
    )


def _ttft(run: LoadRun) -> Sequence[float]:
    """Of those who got any text. Raises TooFewSamplesError for none."""
    found = [one.ttft_ms for one in run.requests if one.ttft_ms is not None]
    if not found:
        raise TooFewSamplesError("No request of this run got any text: look at its faults.")
    return found


def _finding(runs: Mapping[float, LoadRun], most_per_s: float, limits: Limits) -> str:
    calm, busy = min(runs), max(runs)
    shares = [percent(runs[rate].goodput(limits).share.rate) for rate in (calm, busy)]
    loads = [percent(rate / most_per_s) for rate in (calm, busy)]
    if calm == busy:
        return f"At {loads[0]} load, {shares[0]} of the requests are good enough"
    return f"Good enough: {shares[0]} of the requests at {loads[0]} load, {shares[1]} at {loads[1]}"


def _in_words(load: float, run: LoadRun, limits: Limits) -> str:
    half, slow = middle(_ttft(run)), tail(_ttft(run))
    return (
        f"load {percent(load)}: TTFT {half.label} {ms(half.value)}, {slow.label} {ms(slow.value)}, "
        f"goodput {run.goodput(limits).share}"
    )

"""Speed of prefill and of decode of several files, relative to the full one: two dots a file."""

from __future__ import annotations

from collections.abc import Mapping

from harness.labs.quantization.phases import Phases, times_faster
from harness.measure.stats import Interval
from harness.show import chart, palette
from harness.show.number_formats import ms
from harness.show.style import Picture

COLUMNS = chart.Columns(2.6, (("prefill", 74), ("ms a token", 160)))
ROW_IN = 0.62
PREFILL, DECODE = palette.ORANGE, palette.BLUE
APART = 0.16  # of a row, from its middle to each of its two dots
AXIS = "times as fast as the first, logarithmic, 95 % intervals; square: prefill, dot: decode"

Ratio = tuple[float, Interval]


def phase_speeds(files: Mapping[str, Phases]) -> Picture:
    """Draw the speed of prefill and of decode relative to the first file.

    Raises ValueError for fewer than two files.
    """
    chart.require(files, "files", least=2)
    (first, full), *others = files.items()
    ratios = {name: _ratios(full, phases) for name, phases in others}
    n, names = len(full.step_ms), list(ratios)
    note = f"model time alone, {n} cold prompts, all files in turn; {first}: {_times(full)}"
    cells = [(ms(phases.prefill_p50_ms), ms(phases.step_p50_ms)) for _, phases in others]
    title = _finding(ratios)
    figure, axes = chart.rows_picture(title, note, names, COLUMNS, AXIS, cells, ROW_IN)
    intervals = [interval for pair in ratios.values() for _, interval in pair]
    chart.speedup_axis(axes, [end for i in intervals for end in (i.low, i.high)])
    for y, ((prefill, prefill_95), (decode, decode_95)) in enumerate(ratios.values()):
        chart.interval_dot(axes, prefill, y - APART, prefill_95, PREFILL, "s", size=8)
        chart.interval_dot(axes, decode, y + APART, decode_95, DECODE, "o", size=8)
    return figure.described(_in_words(name, phases, *ratios[name]) for name, phases in others)


def _ratios(first: Phases, other: Phases) -> tuple[Ratio, Ratio]:
    return (
        times_faster(first.prefill_ms, other.prefill_ms),
        times_faster(first.step_ms, other.step_ms),
    )


def _finding(ratios: Mapping[str, tuple[Ratio, Ratio]]) -> str:
    prefill = max(ratios, key=lambda name: ratios[name][0][0])
    decode = max(ratios, key=lambda name: ratios[name][1][0])
    return (
        f"Fastest prefill: {prefill}, {ratios[prefill][0][0]:.1f} times the first file; "
        f"fastest decode: {decode}, {ratios[decode][1][0]:.1f} times"
    )


def _times(phases: Phases) -> str:
    return f"{ms(phases.prefill_p50_ms)} prefill, {ms(phases.step_p50_ms)} a token (p50)"


def _in_words(name: str, phases: Phases, prefill: Ratio, decode: Ratio) -> str:
    return (
        f"{name}: {_times(phases)}; prefill {prefill[0]:.2f} times as fast ({prefill[1]}), "
        f"decode {decode[0]:.2f} ({decode[1]})"
    )

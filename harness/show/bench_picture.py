"""The result of a bench for the terminal: one row for each side, then the finding in a sentence."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from harness.measure.latency.bench import Bench
from harness.measure.latency.compare import Ratio, Side
from harness.measure.latency.self_comparison import Noise
from harness.measure.machine.busy import beside_note
from harness.measure.quality.noninferiority import MARGIN
from harness.measure.service.own_bench import OwnQuality
from harness.measure.stats import Latencies, Proportion


def bench_table(bench: Bench) -> Table:
    """Return a table of the times, when there are any, and the quality of both sides."""
    n = len(bench.comparison.pairs)
    sides = escape(f"{bench.a.name} and {bench.b.name}")
    table = Table(
        title=f"{sides}, n = {n} questions, {bench.division} division",
        title_justify="left",
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for column in ("", "end-to-end p50", "p90", "TTFT p50", "p90", "exact fact", "refusal"):
        table.add_column(column, justify="right" if column else "left")
    for side in ("a", "b"):
        table.add_row(*_row(bench, side))
    return table


def finding(bench: Bench) -> str:
    """Return the ratio with its interval, or why there is none."""
    for side, faults in bench.comparison.faults.items():
        if faults:
            return f"No number: {getattr(bench, side).name} went wrong. {faults[0].sentence}"
    if bench.saturated:
        return (
            f"No number, the machine is saturated: {bench.saturated} Close them and run it again."
        )
    ratio = bench.comparison.ratio("e2e_ms")
    if ratio is None:
        return "No ratio: at least 5 questions are needed."
    pairs = len(bench.comparison.pairs)
    return (
        f"{bench.a.name} ÷ {bench.b.name}, end-to-end p50: {ratio.p50:.3g} "
        f"(95 % interval {ratio.interval}, n={pairs} pairs, interleaved, measured at the client)"
        f"{'.' if bench.beside else ''}{beside_note(bench.beside)}"
    )


def noise_finding(noise: Noise, name: str, ratio: Ratio) -> str:
    """Return the ratio of A to itself, and whether that of A to B is beyond it."""
    if noise.ratio is None:
        return f"The noise is unknown: {noise.n} questions for A against itself are too few."
    interval = f"95 % interval {noise.ratio.interval}, n={noise.n} pairs"
    said = f"{name} ÷ itself: {noise.ratio.p50:.3g} ({interval})."
    if noise.biased:
        return f"{said} It differs from itself: does it remember answers, or did the load change?"
    beyond = "is beyond" if noise.exceeded_by(ratio) else "is not beyond"
    return f"{said} The difference between A and B {beyond} this noise."


def own_finding(quality: OwnQuality) -> str:
    """Return the quality on the user's own questions, and whether B holds it."""
    verdict = "holds" if quality.holds else "is not shown to hold"
    return (
        f"Right answers to your questions: A {quality.a}; B {quality.b}. B {verdict} the quality of A: "
        f"at worst {100 * quality.worst:+.0f} points (one-sided 95 %; allowed {-100 * MARGIN:+.0f})."
    )


def _row(bench: Bench, side: Side) -> tuple[str, ...]:
    quality = bench.quality(side)
    times = [] if bench.saturated else ["e2e_ms", "ttft_ms"]
    latencies = [bench.comparison.latencies(side, measured) for measured in times]
    cells = [cell for latency in latencies for cell in _ms(latency)] or ["–"] * 4
    graded = [_share(quality.fact), _share(quality.refusal)] if quality else ["–", "–"]
    return (f"{side.upper()}: {escape(getattr(bench, side).name)}", *cells, *graded)


def _ms(latencies: Latencies) -> tuple[str, str]:
    return tuple("–" if ms is None else f"{ms:,.0f} ms" for ms in (latencies.p50, latencies.p90))


def _share(share: Proportion) -> str:
    return f"{share.successes} of {share.n}" if share.n else "–"

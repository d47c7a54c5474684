"""A bench for the terminal: one row a side, then the finding in a sentence."""

from __future__ import annotations

from rich.table import Table

from harness.measure.latency.bench import Bench
from harness.measure.latency.compare import Side
from harness.measure.latency.latencies import Latencies
from harness.measure.latency.stats import Proportion


def bench_table(bench: Bench) -> Table:
    """Times, when there are any, and quality of both sides."""
    n = len(bench.comparison.pairs)
    table = Table(
        title=f"{bench.a.name} and {bench.b.name}, n = {n} questions, {bench.division} division",
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
    """The ratio with its interval, or why there is none."""
    for side, found in bench.comparison.faults.items():
        if found:
            return f"No number: {getattr(bench, side).name} went wrong. {found[0].sentence}"
    if bench.saturated:
        return (
            f"No number, the machine is saturated: {bench.saturated} Close them and run it again."
        )
    ratio = bench.comparison.ratio("e2e_ms")
    if ratio is None:
        return "No ratio: it needs 5 questions."
    pairs = len(bench.comparison.pairs)
    return (
        f"{bench.a.name} ÷ {bench.b.name}, end-to-end p50: {ratio.p50:.3g} "
        f"(95 % interval {ratio.interval}, n={pairs} pairs, interleaved, measured at the client)"
    )


def _row(bench: Bench, side: Side) -> tuple[str, ...]:
    quality = bench.quality(side)
    times = [] if bench.saturated else ["e2e_ms", "ttft_ms"]
    shown = [_ms(bench.comparison.latencies(side, measured)) for measured in times]
    cells = [cell for pair in shown for cell in pair] or ["–"] * 4
    graded = [_share(quality.fact), _share(quality.refusal)] if quality else ["–", "–"]
    return (getattr(bench, side).name, *cells, *graded)


def _ms(found: Latencies) -> tuple[str, str]:
    return tuple("–" if ms is None else f"{ms:,.0f} ms" for ms in (found.p50, found.p90))


def _share(share: Proportion) -> str:
    return f"{share.successes} of {share.n}" if share.n else "–"

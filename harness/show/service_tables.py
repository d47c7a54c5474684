"""A service's report for the terminal: times, the ceiling of each fix, and sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.markup import escape
from rich.table import Table

from harness.measure.latency.trace import Trace
from harness.measure.service.own_questions import WrongAnswer
from harness.measure.service.service_report import (
    LIMIT_MS,
    ServiceReport,
    Spread,
    prompt_tokens,
    tokens,
)
from harness.measure.stats import MEDIAN_FROM, Interval

MOST_ROWS, MOST_DEPTH = 30, 8  # spans that fit a screen, and levels that fit a line
MOST_WRONG = 5  # wrong answers that are shown: the rest is in the result


def times_table(report: ServiceReport) -> Table:
    """Return a table of warm times with n and 95 % intervals, and the cold request beside it."""
    table = _table(f"{escape(report.name)}, warm requests, measured at the client")
    for column in ("", "p50", "95 % interval", "p90", "95 % interval", "n", "first request (cold)"):
        table.add_column(column, justify="right" if column else "left")
    cold = report.cold
    table.add_row("TTFT", *_cells(report.ttft_ms), _ms(cold and cold.ttft_ms))
    table.add_row("end-to-end", *_cells(report.e2e_ms), _ms(cold and cold.e2e_ms))
    table.add_row("between tokens", *_cells(report.inter_token_ms), "–")
    return table


def ceilings_table(report: ServiceReport) -> Table:
    """Return a table of the parts, and of what would remain if one of them cost nothing."""
    middle = _middle(len(report.divided.outcomes))
    table = _table(f"The ceiling of each fix: {middle}, end-to-end, if the part cost nothing")
    for column in ("part", "takes", "remains", "what the labs would try", "lab"):
        table.add_column(column, justify="right" if column in ("takes", "remains") else "left")
    for row in report.ceilings:
        table.add_row(escape(row.part), _ms(row.part_ms), _ms(row.remains_ms), row.fix, row.lab)
    return table


def spans_table(trace: Trace) -> Table:
    """Return a table of a request whose server has sent its spans, each one inside those it belongs to."""
    title = f"One request with the spans of its server, {_ms(trace.total_ms)} end-to-end"
    table = _table(title)
    for column in ("span", "start", "duration"):
        table.add_column(column, justify="left" if column == "span" else "right")
    for span in trace.spans[:MOST_ROWS]:
        name = escape(f"{'  ' * min(span.depth, MOST_DEPTH)}{span.name}")
        table.add_row(name, f"{_number(span.start_ms)} ms", _ms(span.duration_ms))
    if len(trace.spans) > MOST_ROWS:
        table.caption = f"and {len(trace.spans) - MOST_ROWS} more"
    return table


def findings(report: ServiceReport) -> Iterator[str]:
    """Yield sentences: against the limit, tokens, connection, quality, faults and advice."""
    yield from report.remarks()
    yield _against_limit(report)
    written, read = report.tokens(tokens), report.tokens(prompt_tokens)
    if written or read:
        yield f"Tokens, {_middle(len(report.warm))}: {_count(written)} written, {_count(read)} read."
    if opened := report.connect_ms:
        yield f"Connection setup: {_ms(max(opened))} at most, {len(opened)} opened."
    if not report.streamed:
        yield "Most answers came in one piece: their TTFT is their end-to-end time."
    if report.right.n:
        yield f"Right answers: {report.right}."
    yield from wrong_answers("Wrong", report.wrong)
    for sentence, count in report.faults.items():
        yield f"Without an answer, {count} of {len(report.outcomes)}: {sentence}"
    if len(report.outcomes) < report.n and report.faults and not report.interrupted:
        yield f"Stopped after {len(report.outcomes)} of {report.n} requests."
    for number, (fix, lab) in enumerate(report.advice, start=1):
        yield f"Try {number}: {fix} (lab {lab})."


def wrong_answers(said: str, wrong: Sequence[WrongAnswer]) -> Iterator[str]:
    """Yield a sentence for each of the first wrong answers, and one for the rest."""
    for each in wrong[:MOST_WRONG]:
        yield f"{said}: {each}."
    if (left := len(wrong) - MOST_WRONG) > 0:
        yield f"{said}: {left} more, all of them in the result of --json."


def _middle(n: int) -> str:
    """Return what a median of `n` samples is called: too few of them support no p50."""
    return f"medians, n = {n}" if n >= MEDIAN_FROM else f"middle of only {n}"


def _against_limit(report: ServiceReport) -> str:
    p50, times = report.e2e_ms.p50, [outcome.result.e2e_ms for outcome in report.warm]
    if p50 is None:
        needed = f"at least {MEDIAN_FROM} warm requests are needed"
        return f"No median: {needed}, and there {_few(times)}."
    above = "over" if p50 > LIMIT_MS else "within"
    ends = report.e2e_ms.p50_interval
    unsure = ends is not None and (ends.low <= LIMIT_MS) != (ends.high <= LIMIT_MS)
    past = "below" if p50 > LIMIT_MS else "beyond"
    but = f", but the interval reaches {past} it" if unsure else ""
    return f"End-to-end p50 {_ms(p50)}: {above} {LIMIT_MS:g} ms{but} (n={report.e2e_ms.n})."


def _few(times: Sequence[float]) -> str:
    """Return how many times there are, and the shortest and the longest of them."""
    if len(times) < 2:
        return f"is 1: end-to-end {_ms(times[0])}" if times else "are none"
    return f"are {len(times)}: end-to-end {_number(min(times))} to {_number(max(times))} ms"


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")


def _cells(spread: Spread) -> tuple[str, ...]:
    p50, p90 = (spread.p50, spread.p50_interval), (spread.p90, spread.p90_interval)
    return (*_pair(*p50), *_pair(*p90), str(spread.n))


def _pair(value: float | None, interval: Interval | None) -> tuple[str, str]:
    ends = "–" if interval is None else f"{_number(interval.low)} to {_number(interval.high)}"
    return _ms(value), ends


def _count(tokens: float | None) -> str:
    return "unknown" if tokens is None else f"{tokens:,.0f}"


def _ms(value: float | None) -> str:
    return "–" if value is None else f"{_number(value)} ms"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

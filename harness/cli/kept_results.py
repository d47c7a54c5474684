"""Results about the user's own service, kept for the mock interview beside those of the labs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from harness.cli.output import problems, say

if TYPE_CHECKING:
    from harness.measure.latency.bench import Bench
    from harness.measure.service.service_report import ServiceReport
    from harness.measure.stats import Interval

SERVICE = "own-service"  # the place of a lab's name
TOTAL, REMAINS, CHANGE = "end-to-end", "remains", "change"


class Number(NamedTuple):
    """One measured number to be kept."""

    name: str
    value: float
    unit: str
    interval: Interval | None
    n: int


def keep_profile(report: ServiceReport) -> None:
    """Keep the end-to-end median, and what would remain if the largest part cost nothing."""
    _keep(list(_of_profile(report)), report.beside)


def keep_bench(result: Bench) -> None:
    """Keep the ratio of a comparison that is valid."""
    ratio = None if result.saturated else result.comparison.ratio("e2e_ms")
    if ratio is not None:
        pairs = len(result.comparison.pairs)
        _keep([Number(CHANGE, ratio.p50, "times", ratio.interval, pairs)], result.beside)


def _of_profile(report: ServiceReport) -> Iterator[Number]:
    e2e = report.e2e_ms
    if e2e.p50 is None:
        return
    yield Number(TOTAL, e2e.p50, "ms", e2e.p50_interval, e2e.n)
    if report.ceilings and report.ceilings[0].remains_ms > 0:
        yield Number(REMAINS, report.ceilings[0].remains_ms, "ms", None, e2e.n)


def _keep(numbers: list[Number], beside: str) -> None:
    """Keep them, or say why not: a run is not lost because of it. beside: programs that disturbed it."""
    from harness.learner.results import ResultError, keep_result

    if beside and numbers:
        say(
            "Not kept for the mock interview, because other programs used the machine: run it again on a "
            "quiet one."
        )
        return
    try:
        for name, value, unit, interval, n in numbers:
            ends = interval and (interval.low, interval.high)
            keep_result(SERVICE, name, value, unit, ends, n)
    except ResultError as error:
        say(str(error), problems)
    else:
        if numbers:
            say("Kept on this machine for the mock interview.")

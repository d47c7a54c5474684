"""The learner's progress in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.progress.my_progress import LabStanding, MyProgress
from harness.semconv import STAGES

BAR_CHARS = 10
UNITS = {"_ms": " (ms)", "_percent": " (%)", "_of_100": " (of 100)"}
SHOWN = 5  # of timed runs and of interviews, the latest
LOCAL = "All of this lies on this machine only. Delete it: under500 progress --forget"


def progress_text(progress: MyProgress) -> Group:
    """Return the tables, and at the end what is next."""
    return Group(*_parts(progress))


def _parts(progress: MyProgress) -> Iterator[RenderableType]:
    yield _labs(progress)
    if progress.guesses:
        yield _guesses(progress)
    if progress.latencies:
        yield _latencies(progress)
    if progress.interviews:
        yield _interviews(progress)
    for idea, lab in progress.due:
        yield Text(f"Due today: {idea} ({lab})")
    yield Text(LOCAL, style="dim")
    yield Text(str(progress.next), style="bold")


def _labs(progress: MyProgress) -> Table:
    table = _table("lab", "", "points", "open exercises", title="Labs")
    for standing in progress.labs:
        points = f"{standing.points:g} of {standing.out_of:g}"
        table.add_row(standing.lab.name, _bar(standing), points, open_exercises(standing))
    return table


def open_exercises(standing: LabStanding) -> str:
    """Return the exercises without all points; "" for a lab that is done or was never tried."""
    if not any(one.tries for one in standing.standings):
        return ""
    return ", ".join(
        _open(one.exercise.name, one.last) for one in standing.standings if not one.passed
    )


def _open(name: str, last: float | None) -> str:
    return name if last is None else f"{name} (last {last:g})"


def _bar(standing: LabStanding) -> Text:
    full = round(BAR_CHARS * standing.points / standing.out_of) if standing.out_of else 0
    return Text("█" * full + "·" * (BAR_CHARS - full), style="green" if standing.done else "blue")


def _guesses(progress: MyProgress) -> Table:
    table = _table(
        "lab", "what", "predicted", "measured", title="Predictions, the first of each lab"
    )
    for guess in progress.guesses:
        table.add_row(guess.lab, named(guess.name), number(guess.guessed), number(guess.measured))
    return table


def named(name: str) -> str:
    """Return the name of a prediction in words: "without llm (ms)"."""
    if name in STAGES:
        return f"{name} (ms)"
    for suffix, unit in UNITS.items():
        if name.endswith(suffix):
            return name.removesuffix(suffix).replace("_", " ") + unit
    return name.replace("_", " ")


def number(value: float | None) -> str:
    """Return a number of any size with about three digits, and a dash for none."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _latencies(progress: MyProgress) -> Table:
    title = "Timed runs: end-to-end p50, measured, beside the yardstick, which counts as 500 ms"
    table = _table("when", "lab", "yours", "yardstick", "scaled to 500 ms", "", title=title)
    for run in progress.latencies[-SHOWN:]:
        best = " best" if run is progress.fastest else ""
        times = (f"{value:,.0f} ms" for value in (run.e2e_ms, run.bar_ms, run.scaled_ms))
        table.add_row(run.at[:16], run.lab, *times, best)
    return table


def _interviews(progress: MyProgress) -> Table:
    names = progress.interviews[-1].scores
    table = _table("when", "scenario", *names, title="Interviews, scores of 1 to 4")
    for played in progress.interviews[-SHOWN:]:
        scores = (str(score or "–") for score in played.scores.values())
        table.add_row(f"{played.at.astimezone():%Y-%m-%d}", played.scenario, *scores)
    return table


def _table(*names: str, title: str) -> Table:
    return Table(
        *names, title=title, title_justify="left", box=None, pad_edge=False, header_style="dim"
    )

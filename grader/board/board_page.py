"""The board as an HTML page for a browser or projector, and as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup
from rich.console import Group
from rich.table import Table

from grader.board.exercise_figures import Exercise
from grader.board.guesses import LAST, stages
from grader.board.overview import Board, Speed, Standing, Status
from grader.course.course import is_id
from grader.course.feedback import inline
from grader.grading.report import Outcome
from harness.measure.latency.yardstick import BAR_MS
from harness.measure.service.budget import QUESTION_MS
from harness.show.dark import on_dark
from harness.show.distribution import distribution
from harness.show.gap import gap
from harness.show.pareto import Point, pareto
from harness.show.style import Picture

FOLDER = Path(__file__).parent
LEARNERS = "learners"  # the folder of the learners' pages, beside the board
CSS = {Status.NOTHING: "nothing", Status.HANDED_IN: "handed"}
HOUR_S = 3600


def page(board: Board) -> str:
    """Return the page as HTML; all text from learners is escaped."""
    return rendered(
        "board.html.j2",
        summary=summary(board),
        labs=[(*lab.partition("-")[::2], _out_of(board, lab)) for lab in board.labs],
        rows=[
            (name, _link(name), list(map(cell, row.values())))
            for name, row in board.standings.items()
        ],
        queue=board.queue,
        mistakes=board.mistakes,
        unreadable=board.unreadable,
        exercises=list(map(_exercise, board.exercises)),
        verdicts=board.verdicts,
        outcomes=[str(outcome) for outcome in Outcome],
        guess=_last_guess(board),
        # the second one, on a dark page, changes the colours of the first
        pictures=[(title, inline(one), inline(on_dark(one))) for title, one in pictures(board)],
    )


def _out_of(board: Board, lab: str) -> float:
    """Return a lab's maximum, 0 if nobody has a mark."""
    return max((row[lab].out_of for row in board.standings.values()), default=0.0)


def rendered(template: str, **values: Any) -> str:
    """Return a page of this folder's template, with the style that all pages share."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    css = (FOLDER / "board.css").read_text(encoding="utf-8")
    source = (FOLDER / template).read_text(encoding="utf-8")
    return environment.from_string(source).render(css=Markup(css), **values)


def _link(name: str) -> str:
    """Return where a learner's page is; "" for a name from the gradebook that can be no file's."""
    return f"{LEARNERS}/{quote(name)}.html" if is_id(name) else ""


def text(board: Board) -> Group:
    """Return the tables for a terminal, without plots."""
    return Group(summary(board), *_tables(board))


def summary(board: Board) -> str:
    """Return the summary of the class in one line."""
    standings = [standing for row in board.standings.values() for standing in row.values()]
    submitted = sum(map(_submitted, standings))
    graded = sum(standing.status is Status.GRADED for standing in standings)
    late = sum(standing.late_s > 0 for standing in standings)
    text = f"{len(board.standings)} learners, {submitted} submissions, {graded} graded"
    return text + f", {len(board.queue)} undecided" + (f", {late} late" if late else "")


def pictures(board: Board) -> Iterator[tuple[str, Picture]]:
    """Yield (title, plot): guesses before the class, then latencies and right answers of each timed lab."""
    guessed_ms, n = stages(board.guesses)
    if guessed_ms:
        sides = f"median guess of {n}", "the question's table"
        yield "Before the class: guess against measured", gap(guessed_ms, QUESTION_MS, sides)
    for lab in sorted({speed.lab for speed in board.speeds}):
        speeds = [speed for speed in board.speeds if speed.lab == lab]
        label = (
            "end-to-end p50 at the client, measured, scaled so that the yardstick takes 500 ms; "
            "distance is SIM"
        )
        times = [_scaled_ms(speed) for speed in speeds]
        yield f"{lab}: how fast the class is", distribution(times, label, BAR_MS)
        if points := [_point(speed) for speed in speeds if speed.right]:
            note = "each learner's own questions, through HTTP, scaled to the yardstick; distance is SIM"
            yield (
                f"{lab}: latency against right answers",
                pareto(points, frontier(points), note=note),
            )


def frontier(points: Iterable[Point]) -> set[str]:
    """Return the names on the Pareto frontier: no other point is both faster and more often right."""
    points = list(points)
    return {p.name for p in points if not any(_beats(q, p) for q in points)}


def _beats(point: Point, other: Point) -> bool:
    no_worse = point.ms <= other.ms and point.right.rate >= other.right.rate
    return no_worse and (point.ms, point.right.rate) != (other.ms, other.right.rate)


def _scaled_ms(speed: Speed) -> float:
    """Return the time in ms, scaled so that the yardstick takes 500 ms: machines differ, ratios do not."""
    return BAR_MS * speed.ms / speed.yardstick_ms


def _point(speed: Speed) -> Point:
    return Point(speed.student, _scaled_ms(speed), speed.right)


def _last_guess(board: Board) -> str:
    """Return how the class's guess of the last lab compares with what it measured, or ""."""
    guessed = [one for one in board.guesses if one.lab.startswith(LAST) and "faster" in one.name]
    times = [_scaled_ms(speed) for speed in board.speeds if speed.lab.startswith(LAST)]
    if not guessed or not times:
        return ""
    factor = sum(QUESTION_MS.values()) / median(times)
    return (
        f"After the class: guessed {guessed[0].guessed:g} times faster than the slow assistant "
        f"(median of {guessed[0].n}), measured {factor:.1f} times (median of {len(times)})."
    )


def cell(standing: Standing) -> dict[str, Any]:
    """Return a standing as a table's cell: style, points and remarks."""
    penalty = f", −{standing.late:g}" if standing.late else ""
    graded = standing.status not in (Status.NOTHING, Status.HANDED_IN)
    return {
        "css": CSS.get(standing.status, str(standing.status)),
        "points": f"{standing.points:g}" if graded else str(standing.status),
        "out_of": f"{standing.out_of:g}" if graded else "",
        "open": standing.status is Status.OPEN,
        "jailed": standing.jailed,
        "late": f"late {standing.late_s / HOUR_S:.1f} h{penalty}" if standing.late_s > 0 else "",
    }


def _points(standing: Standing) -> str:
    if standing.status in (Status.NOTHING, Status.HANDED_IN):
        return str(standing.status)
    unfinished = ", open" if standing.status is Status.OPEN else ""
    unsafe = "" if standing.jailed else ", no jail"
    return f"{standing.points:g} of {standing.out_of:g}{unfinished}{unsafe}"


def _tables(board: Board) -> Iterator[Table]:
    rows = board.standings
    labs = [lab for lab in board.labs if any(_submitted(row[lab]) for row in rows.values())]
    yield _table("learner", *labs, rows=(
        (name, *(_terse(row[lab]) for lab in labs)) for name, row in rows.items()
    ))  # fmt: skip
    if board.queue:
        queue = ((queued.student, queued.lab, queued.reason) for queued in board.queue)
        yield _table("undecided", "lab", "reason", rows=queue)
    if board.mistakes:
        mistakes = ((str(len(m.students)), m.grade, m.look) for m in board.mistakes)
        yield _table("learners", "check", "where to look", rows=mistakes)
    if board.unreadable:
        yield _table("not a notebook", "lab", "reason", rows=board.unreadable)
    if board.exercises:
        names = ("exercise", "learners", "mean share of points", "discrimination")
        yield _table(*names, rows=map(_exercise, board.exercises))
    if board.speeds:
        names = ("learner", "lab", "end-to-end p50", "ratio to yardstick", "n", "right")
        yield _table(*names, rows=map(_speed, board.speeds))


def _exercise(exercise: Exercise) -> tuple[str, ...]:
    told = "–" if exercise.discrimination is None else f"{exercise.discrimination:.2f}"
    return exercise.grade, str(exercise.n), f"{exercise.difficulty:.0%}", told


def _speed(speed: Speed) -> tuple[str, ...]:
    ratio = f"{speed.ms / speed.yardstick_ms:.2f}"
    right = f"{speed.right.successes} of {speed.right.n}" if speed.right else "–"
    return speed.student, speed.lab, f"{speed.ms:.0f} ms", ratio, str(speed.n), right


def _terse(standing: Standing) -> str:
    return _points(standing) + (" (late)" if standing.late_s > 0 else "")


def _submitted(standing: Standing) -> bool:
    return standing.status is not Status.NOTHING


def _table(*names: str, rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(*names, box=None, pad_edge=False, header_style="dim", title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table

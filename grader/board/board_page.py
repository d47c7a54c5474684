"""The board as a page for the instructor's browser or projector, and as tables in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment
from rich.console import Group
from rich.table import Table

from grader.board.overview import Board, Speed, Standing, Status
from grader.course.feedback import inline
from grader.grading.report import Outcome
from harness.measure.latency.yardstick import BAR_MS
from harness.show.distribution import distribution
from harness.show.pareto import Point, pareto
from harness.show.style import Picture

TEMPLATE = Path(__file__).with_name("board.html.j2")
CSS = {Status.NOTHING: "nothing", Status.HANDED_IN: "handed"}
HOUR_S = 3600


def page(board: Board) -> str:
    """HTML of one moment; every text of a learner is escaped."""
    every = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = every.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        summary=summary(board),
        labs=board.labs,
        rows=[(name, list(map(_cell, row.values()))) for name, row in board.standings.items()],
        queue=board.queue,
        mistakes=board.mistakes,
        verdicts=board.verdicts,
        outcomes=[str(one) for one in Outcome],
        pictures=[(title, inline(picture)) for title, picture in pictures(board)],
    )


def text(board: Board) -> Group:
    """The same for a terminal, without pictures."""
    return Group(summary(board), *_tables(board))


def summary(board: Board) -> str:
    """The class in a line."""
    every = [one for row in board.standings.values() for one in row.values()]
    in_ = sum(one.place is not Status.NOTHING for one in every)
    done = sum(one.place is Status.GRADED for one in every)
    late = sum(one.late_s > 0 for one in every)
    said = f"{len(board.standings)} learners, {in_} submissions, {done} graded"
    return said + f", {len(board.queue)} undecided" + (f", {late} late" if late else "")


def pictures(board: Board) -> Iterator[tuple[str, Picture]]:
    """Latencies of the class and what they cost in right answers, by timed lab."""
    for lab in sorted({speed.lab for speed in board.speeds}):
        speeds = [speed for speed in board.speeds if speed.lab == lab]
        label = (
            "end-to-end p50 at the client in units of 500 ms of the yardstick beside it, measured; "
            "distance is SIM"
        )
        times = [_in_bars(speed) for speed in speeds]
        yield f"{lab}: how fast the class is", distribution(times, label, BAR_MS)
        if points := [_point(speed) for speed in speeds if speed.right]:
            note = "each learner's own questions, through HTTP, in units of the yardstick; distance is SIM"
            yield f"{lab}: fast against right", pareto(points, frontier(points), note=note)


def frontier(points: Iterable[Point]) -> set[str]:
    """Those that nobody beats in both."""
    points = list(points)
    return {p.name for p in points if not any(_beats(q, p) for q in points)}


def _beats(one: Point, other: Point) -> bool:
    better = one.ms <= other.ms and one.right.rate >= other.right.rate
    return better and (one.ms, one.right.rate) != (other.ms, other.right.rate)


def _in_bars(speed: Speed) -> float:
    """ms where the yardstick takes its 500: machines of a class differ, ratios do not."""
    return BAR_MS * speed.ms / speed.yardstick_ms


def _point(speed: Speed) -> Point:
    return Point(speed.student, _in_bars(speed), speed.right)


def _cell(one: Standing) -> dict[str, Any]:
    late = f"late {one.late_s / HOUR_S:.1f} h" + (f", −{one.late:g}" if one.late else "")
    return {
        "css": CSS.get(one.place, str(one.place)),
        "text": _said(one),
        "late": late if one.late_s > 0 else "",
    }


def _said(one: Standing) -> str:
    if one.place in (Status.NOTHING, Status.HANDED_IN):
        return str(one.place)
    return f"{one.points:g} of {one.out_of:g}" + (", open" if one.place is Status.OPEN else "")


def _tables(board: Board) -> Iterator[Table]:
    seen = [lab for lab in board.labs if any(_here(row[lab]) for row in board.standings.values())]
    yield _table("learner", *seen, rows=(
        (name, *(_terse(row[lab]) for lab in seen)) for name, row in board.standings.items()
    ))  # fmt: skip
    if board.queue:
        yield _table(
            "undecided", "lab", "why", rows=((q.student, q.lab, q.reason) for q in board.queue)
        )
    if board.mistakes:
        rows = ((str(len(m.students)), m.grade, m.look) for m in board.mistakes)
        yield _table("learners", "check", "it told them to look at", rows=rows)
    if board.speeds:
        names = ("learner", "lab", "end-to-end p50", "of the yardstick", "n", "right")
        yield _table(*names, rows=map(_speed, board.speeds))


def _speed(one: Speed) -> tuple[str, ...]:
    ratio = f"{one.ms / one.yardstick_ms:.2f}"
    right = f"{one.right.successes} of {one.right.n}" if one.right else "–"
    return one.student, one.lab, f"{one.ms:.0f} ms", ratio, str(one.n), right


def _terse(one: Standing) -> str:
    return _said(one) + (" (late)" if one.late_s > 0 else "")


def _here(one: Standing) -> bool:
    return one.place is not Status.NOTHING


def _table(*names: str, rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table(*names, box=None, pad_edge=False, header_style="dim", title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table

"""A page for each learner: every lab with its verdicts, for a talk with the learner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from grader.board.board_page import cell, rendered
from grader.board.overview import Board, Status, reports
from grader.course.course import Course, is_id
from grader.grading.report import Report

UNGRADED = (Status.NOTHING, Status.HANDED_IN)


def pages(course: Course, board: Board, back: str) -> Iterator[tuple[str, str]]:
    """Yield (file name, HTML) for each learner, for the folder LEARNERS beside the board `back`."""
    found = reports(course)
    for name in filter(is_id, board.standings):
        yield f"{name}.html", page(board, name, found.get(name, ()), f"../{back}")


def page(board: Board, name: str, found: Iterable[Report], back: str) -> str:
    """Return a learner's page. Verdicts are those of grading; a lab's points are the gradebook's."""
    marks = {report.lab: report.marks for report in found}
    row = board.standings[name]
    return rendered(
        "learner.html.j2",
        name=name,
        back=back,
        graded=sum(standing.status not in UNGRADED for standing in row.values()),
        labs=[(lab, cell(standing), marks.get(lab, ())) for lab, standing in row.items()],
    )

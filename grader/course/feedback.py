"""The page that a learner gets: points, verdicts with their reasons, pictures, and their own answers.

It is made from the report and the learner's cells. No source of a check is on it, hidden or not.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from grader.course.gradebook import Entries
from grader.course.merge_submission import REPORT
from grader.grading import report as reports
from grader.grading.report import Mark, Report
from harness.show.marks import Bar, marks
from harness.show.paired_run_picture import race
from harness.show.style import Picture

TEMPLATE = Path(__file__).with_name("feedback.html.j2")
ENTRIES = "under500_entries"  # key in the notebook's metadata: what the gradebook says now
BYTES = Callable[[Picture], bytes]


def page(notebook: NotebookNode, entries: Entries | None = None) -> str:
    """HTML for one submission. notebook: from `grader.course.merge_submission.marked`.

    entries: what the gradebook says; without, the report alone counts. Raises KeyError for another notebook.
    """
    report = reports.from_json(notebook.metadata[REPORT])
    every = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = every.from_string(TEMPLATE.read_text(encoding="utf-8"))
    scores = {mark.id: mark.points for mark in report.marks}
    if entries is not None:
        scores |= {id_: score for id_, score in entries.scores.items() if id_ in scores}
    found = entries or Entries({}, {})
    values = _values(report, scores, found.late)
    return template.render(**values, answers=list(_answers(notebook, found.comments)))


class FeedbackExporter(Exporter):
    """The same page for `nbgrader generate_feedback`."""

    export_from_notebook = "Feedback"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **options: Any
    ) -> tuple[str, dict]:
        """The page, and what goes with it: nothing."""
        found, resources = super().from_notebook_node(nb, resources, **options)
        entered = found.metadata.get(ENTRIES)
        return page(found, Entries(**entered) if entered else None), resources


def _values(report: Report, scores: Mapping[str, float | None], late: float) -> dict[str, Any]:
    open_ = [mark for mark in report.marks if scores[mark.id] is None]
    bars = [Bar(mark.id, scores[mark.id], mark.out_of, str(mark.outcome)) for mark in report.marks]
    return {
        "lab": report.lab,
        "points": sum(score or 0.0 for score in scores.values()) - late,
        "late": late,
        "out_of": report.out_of,
        "open": sum(mark.out_of for mark in open_),
        "jailed": report.jailed,
        "picture": inline(marks(bars)) if bars else None,
        "rows": [_row(mark, scores[mark.id]) for mark in report.marks],
    }


def _row(mark: Mark, score: float | None) -> dict[str, Any]:
    return {
        "id": mark.id,
        "verdict": str(mark.outcome),
        "points": score,
        "changed": score != mark.points,  # by a person
        "out_of": mark.out_of,
        "reason": mark.reason,
        "picture": inline(race(mark.pairs)) if mark.pairs else None,
    }


def _answers(notebook: NotebookNode, comments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """The cells that were the learner's to fill, and errors of those that they added."""
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        errors = [one.evalue for one in cell.get("outputs", ()) if one.output_type == "error"]
        if data.get("solution") or (errors and not data.get("grade")):
            yield {
                "id": data.get("grade_id") or cell.id,
                "source": cell.source,
                "error": "\n".join(errors),
                "comment": comments.get(data.get("grade_id", ""), ""),
            }


def inline(picture: Picture) -> dict[str, str]:
    """A picture as it stands in HTML, and in words."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=120)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"data": f"data:image/png;base64,{data}", "words": picture.description}

"""The learner's feedback page: points, verdicts with reasons, plots, and the learner's own answers.

The page is made from the report and the learner's cells. It contains no source code of a check.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from grader.course.gradebook import Entries
from grader.course.merge_submission import REPORT, written
from grader.grading import report as reports
from grader.grading.report import Mark, Report
from harness.show.marks import Bar, marks
from harness.show.paired_run_picture import paired_run
from harness.show.style import Picture

TEMPLATE = Path(__file__).with_name("feedback.html.j2")
ENTRIES = "under500_entries"  # key in the notebook's metadata: the current gradebook entries


def page(notebook: NotebookNode, entries: Entries | None = None) -> str:
    """Return the HTML page for a notebook made by `grader.course.merge_submission.with_marks`.

    `entries` are the current gradebook entries; without them, points come from the report alone.
    Raises KeyError if the notebook contains no report.
    """
    report = reports.from_json(notebook.metadata[REPORT])
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    entries = entries or Entries({}, {})
    scores = {mark.id: entries.scores.get(mark.id, mark.points) for mark in report.marks}
    values = _values(report, scores, entries.late)
    return template.render(**values, answers=list(_answers(notebook, entries.comments)))


class FeedbackExporter(Exporter):
    """An exporter that makes `nbgrader generate_feedback` write the same page."""

    export_from_notebook = "Feedback"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(
        self, nb: NotebookNode, resources: dict | None = None, **options: Any
    ) -> tuple[str, dict]:
        """Return the page and the unchanged resources; the page needs no other files."""
        notebook, resources = super().from_notebook_node(nb, resources, **options)
        entries = notebook.metadata.get(ENTRIES)
        return page(notebook, Entries(**entries) if entries else None), resources


def _values(report: Report, scores: Mapping[str, float | None], late: float) -> dict[str, Any]:
    bars = [Bar(mark.id, scores[mark.id], mark.out_of, str(mark.outcome)) for mark in report.marks]
    return {
        "lab": report.lab,
        "points": sum(score or 0.0 for score in scores.values()) - late,
        "late": late,
        "out_of": report.out_of,
        "open": sum(mark.out_of for mark in report.marks if scores[mark.id] is None),
        "jailed": report.no_jail,
        "picture": inline(marks(bars)) if bars else None,
        "rows": [_row(mark, scores[mark.id]) for mark in report.marks],
    }


def _row(mark: Mark, score: float | None) -> dict[str, Any]:
    return {
        "id": mark.id,
        "verdict": str(mark.outcome),
        "points": score,
        "changed": score != mark.points,  # a person entered other points in the gradebook
        "out_of": mark.out_of,
        "reason": mark.reason,
        "picture": inline(paired_run(mark.pairs)) if mark.pairs else None,
    }


def _answers(notebook: NotebookNode, comments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the learner's answer cells, and the cells they added that raised an error."""
    for cell in notebook.cells:
        data = cell.metadata.get("nbgrader", {})
        outputs = cell.get("outputs", ())
        errors = [output.evalue for output in outputs if output.output_type == "error"]
        if data.get("solution") or (errors and not data.get("grade")):
            yield {
                "id": data.get("grade_id") or cell.id,
                "source": written(cell),
                "error": "\n".join(errors),
                "comment": comments.get(data.get("grade_id", ""), ""),
            }


def inline(picture: Picture) -> dict[str, str]:
    """Return a plot as a data URL ("data") and its description in words ("words")."""
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=120)
    data = base64.b64encode(buffer.getvalue()).decode()
    return {"data": f"data:image/png;base64,{data}", "words": picture.description}

"""The course's policy for late submissions, as settings: hours of grace, and percent of the points per day.

Extensions are a learner's, from the column `extension_hours` of the roster. Set in `nbgrader_config.py`:

    c.LatePolicy.grace_hours = 1
    c.LatePolicy.percent_per_day = 10
"""

from __future__ import annotations

from math import ceil
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

from grader.course import roster

HOUR_S = 3600
DAY_HOURS = 24


class LatePolicy(LateSubmissionPlugin):
    """nbgrader's plugin for late submissions, with grace, extensions and a penalty that grows by the day.

    With nbgrader's `penalty_method = "zero"`, a submission after grace and extension has no points.
    """

    grace_hours = Float(0.0, min=0, help="Hours after the deadline that cost nothing.").tag(
        config=True
    )
    percent_per_day = Float(
        0.0, min=0, max=100, help="Percent of the points that each day begun costs."
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the penalty in points, or None for none."""
        hours = total_seconds_late / HOUR_S - self.grace_hours - self._extension(student_id)
        if hours <= 0:
            return None
        if self.penalty_method == "zero":
            return score
        days = ceil(hours / DAY_HOURS)
        return min(score, score * self.percent_per_day / 100 * days) or None

    def _extension(self, student: str) -> float:
        learner = roster.of_course(Path(CourseDirectory(parent=self).root)).get(student)
        return learner.extension_hours if learner else 0.0

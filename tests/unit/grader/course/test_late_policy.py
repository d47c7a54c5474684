"""The policy for late submissions: grace, days begun, and a learner's extension."""

import pytest
from traitlets.config import Config, PyFileConfigLoader

from grader.course import roster
from grader.course.late_policy import HOUR_S, LatePolicy

DAY_S = 24 * HOUR_S


def penalty(folder, seconds, student="ada", **settings):
    config = Config({"CourseDirectory": {"root": str(folder)}, "LatePolicy": settings})
    return LatePolicy(config=config).late_submission_penalty(student, 50.0, seconds)


@pytest.mark.parametrize(
    ("settings", "seconds", "expected"),
    [
        ({}, 5 * DAY_S, None),
        ({"percent_per_day": 10}, 1, 5.0),
        ({"percent_per_day": 10}, DAY_S, 5.0),
        ({"percent_per_day": 10}, DAY_S + 1, 10.0),
        ({"percent_per_day": 10}, 30 * DAY_S, 50.0),
        ({"percent_per_day": 10, "grace_hours": 1}, HOUR_S, None),
        ({"percent_per_day": 10, "grace_hours": 1}, HOUR_S + 1, 5.0),
        ({"penalty_method": "zero"}, 1, 50.0),
        ({"penalty_method": "zero", "grace_hours": 1}, HOUR_S, None),
    ],
    ids=str,
)
def test_a_late_submission_costs_what_the_settings_say(tmp_path, settings, seconds, expected):
    assert penalty(tmp_path, seconds, **settings) == expected


def test_an_extension_is_one_learners(tmp_path):
    (tmp_path / roster.FILE).write_text("login,extension_hours\nada,48\nbob,\n")
    late = {
        name: penalty(tmp_path, DAY_S, name, percent_per_day=10) for name in ("ada", "bob", "x")
    }
    assert late == {"ada": None, "bob": 5.0, "x": 5.0}


def test_the_course_uses_it_and_late_costs_nothing_by_default(root, tmp_path):
    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    assert config.AssignLatePenalties.plugin_class == "grader.course.late_policy.LatePolicy"
    assert "percent_per_day" not in config.LatePolicy

"""Fixtures of the grader's unit tests."""

import pytest

from tests.unit.grader.course.small_course import small_course


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Return a course with two small labs; its gradebook needs no other program to be created."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "of a unit test")
    return small_course(tmp_path)

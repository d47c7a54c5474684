"""Fixtures of the grader's unit tests."""

import pytest

from tests.unit.grader.course.small_course import small_course


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A course with two small labs. Its gradebook is made without asking another program for its version."""
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "of a unit test")
    return small_course(tmp_path)

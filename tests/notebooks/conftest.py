"""Fixtures of the notebook tests."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.notebooks.course import ROOT, Course

# `Gradebook`, which the tests open themselves, calls `alembic` by name.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


@pytest.fixture(scope="module")
def new_course(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bool], Course]:
    """Makes a course with this project's settings and nothing in it."""

    def make(fake: bool) -> Course:
        course = Course(tmp_path_factory.mktemp("course"), fake)
        shutil.copy(ROOT / "nbgrader_config.py", course.root)
        return course

    return make

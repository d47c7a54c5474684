"""The exercises of the labs that measure for minutes, without their measurements: gaps and checks alone.

Solved, every check passes; untouched, every check fails and says where to look.
"""

from __future__ import annotations

import re

import pytest
from course import released, solved

from grader.verdict import CheckFailed

LABS = ("03-smaller-models", "04-quantization", "05-speculative-decoding")
# These load model files; tests/unit/grader/test_checks_quantization.py brings stand-ins for them.
ON_FILES = {"l04-q3-foretold", "l04-q5-ship"}


def data(cell, key):
    return cell.metadata.get("nbgrader", {}).get(key)


def run(notebook, monkeypatch, tmp_path) -> dict[str, str]:
    """Grade id -> "" where the check passed, else what it said; of setup, gaps and checks alone."""
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))
    names: dict[str, object] = {}
    said = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or data(cell, "grade_id") in ON_FILES:
            continue
        if data(cell, "grade"):
            said[data(cell, "grade_id")] = _checked(cell.source, names)
        elif data(cell, "solution") or cell.id.startswith("setup"):
            exec(compile(cell.source, cell.id, "exec"), names)
    return said


def _checked(source: str, names: dict[str, object]) -> str:
    try:
        exec(compile(source, "check", "exec"), names)
    except CheckFailed as failed:
        return str(failed)
    return ""


@pytest.mark.parametrize("lab", LABS)
def test_solved_exercises_pass_every_check(lab, monkeypatch, tmp_path):
    said = run(solved(lab), monkeypatch, tmp_path)
    assert len(said) >= 5
    assert set(said.values()) == {""}


@pytest.mark.parametrize("lab", LABS)
def test_untouched_exercises_fail_every_check_and_say_where_to_look(lab, monkeypatch, tmp_path):
    for name, message in run(released(lab), monkeypatch, tmp_path).items():
        assert re.search(r"still empty|a number for", message), name
        assert "look at" in message, name

"""A class of thirty, ten of them hostile: twenty honest learners get their points, and nobody else does."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from grader.sandbox.jail import why_no_jail
from tests.notebooks.course import ROOT
from tests.submissions.notebooks import HERE, NAME, WRONG, read, solved, submission
from tests.submissions.test_lab01 import HONEST

pytestmark = [
    pytest.mark.perf,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed"),
]

HONEST_SIZE = 20
# Attacks of redteam.yaml that end, hang or starve a process, beside files that are no notebook.
CODE = (
    "kills-everybody",
    "fills-the-disk",
    "threads-without-end",
    "sleeps-for-ever",
    "stops-itself",
)
FILES = ("pipe", "link", "folder", "broken", "huge")
HUGE = 60_000_000  # characters


def notebook_file(root: Path, student: str) -> Path:
    """Return the path of a learner's notebook, whose folder exists."""
    folder = root / "submitted" / student / NAME
    folder.mkdir(parents=True)
    return folder / f"{NAME}.ipynb"


def hand_in_no_notebook(kind: str, path: Path) -> None:
    """Put something at `path` that is no notebook."""
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to(ROOT / "solutions" / NAME / f"{NAME}.ipynb")
        case "folder":
            path.mkdir()
        case "broken":
            path.write_text('{"cells": [')
        case "huge":
            path.write_text("[" * HUGE)


def made(root: Path) -> dict[str, float]:
    """Write a course with thirty submissions; return what each learner should earn."""
    root.mkdir()
    (root / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    (root / "labs").symlink_to(ROOT / "labs")
    wanted: dict[str, float] = {}
    for number, one in zip(range(HONEST_SIZE), itertools.cycle(HONEST), strict=False):
        wanted[student := f"honest{number:02}"] = one["earns"]
        nbformat.write(submission(one, solved()), notebook_file(root, student))
    attacks = {one["name"]: one["code"] for one in read(HERE / "redteam.yaml")}
    for name in CODE:
        wanted[name] = 0
        one = {"cells": {"q1-gap": attacks[name].replace("FUNCTION", "breakdown")}}
        nbformat.write(submission(one, WRONG, REPOSITORY=str(ROOT)), notebook_file(root, name))
    for kind in FILES:
        wanted[kind] = 0
        hand_in_no_notebook(kind, notebook_file(root, kind))
    return wanted


def test_ten_hostile_files_cost_twenty_honest_learners_nothing(tmp_path):
    wanted, began = made(tmp_path / "course"), time.monotonic()
    command = [Path(sys.executable).with_name("under500"), "grade", "--course", tmp_path / "course"]
    ran = subprocess.run([*command, "--json"], capture_output=True, text=True)
    print(f"\n{len(wanted)} submissions in {time.monotonic() - began:.0f} s, exit {ran.returncode}")
    rows = json.loads(ran.stdout.splitlines()[-1])
    earned = {row["student"]: row.get("points") or 0 for row in rows["submissions"]}
    print(ran.stdout)
    assert {student: earned.get(student, 0) for student in wanted} == wanted

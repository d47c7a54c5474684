"""What passes in a notebook passes when it is graded: each style, in a learner's process and in this one."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from grader import checks
from grader.exercise.call_limits import names_in
from grader.remote.session import session
from grader.sandbox.jail import SandboxSpec, why_no_jail
from harness.semconv import STAGES
from tests.submissions.notebooks import HERE, read
from tests.unit.grader.checks.golden_submissions import SETUP

STYLES = read(HERE / "styles.yaml")
# What the labs' own first cells import, as far as these exercises use it.
IMPORTS = """
import math
from pathlib import Path
import numpy as np
from harness.assistant import Done, Token
from harness.semconv import STAGES
"""


@pytest.fixture(scope="module")
def learner():
    with session(SandboxSpec(jailed=not why_no_jail())) as one:
        one.cell(IMPORTS)
        yield one


def passes(style: dict, value: object) -> None:
    """Judge a style as its exercise does, or as a check would use it."""
    if "uses" in style:
        assert eval(style["uses"], {"value": value, "names_in": names_in})
        return
    options = {"out_of": style["points"]} if "points" in style else {}
    assert getattr(checks, style["check"])(value, **options) == style.get("points")


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style["name"])
def test_a_style_passes_when_graded(style, learner):
    for source in style["cells"]:
        learner.cell(source)
    passes(style, learner.value(style.get("check", "value")))


def run_cell(source: str, names: dict) -> None:
    """Run a cell as a notebook does; the only magic that the styles use writes a file."""
    magic, _, text = source.partition("\n")
    if magic.startswith("%%writefile "):
        Path(magic.split()[1]).write_text(text, encoding="utf-8")
    else:
        exec(source, names)


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style["name"])
def test_the_style_passes_in_a_notebook(style, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # some write a module beside the notebook, and import it
    monkeypatch.syspath_prepend(tmp_path)
    names = {**SETUP, "math": math, "STAGES": STAGES, "names_in": names_in}
    for source in style["cells"]:
        run_cell(source, names)
    passes(style, names[style.get("check", "value")])


def test_the_built_in_hash_is_still_seen(learner):
    learner.cell("globals().pop('hash', None)\ndef salted(text):\n    return hash(text)")
    assert "hash" in names_in(learner.value("salted"))

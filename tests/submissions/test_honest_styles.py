"""What passes in a notebook passes when it is graded: each style, in a learner's process and in this one."""

from __future__ import annotations

import pytest
import yaml

from grader.exercise.call_limits import names_in
from grader.remote.session import session
from grader.sandbox.jail import SandboxSpec, why_no_jail
from tests.submissions.notebooks import HERE

STYLES = yaml.safe_load((HERE / "honest_styles.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def learner():
    with session(SandboxSpec(jailed=not why_no_jail())) as one:
        yield one


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style["name"])
def test_a_style_that_passes_in_a_notebook_passes_when_graded(style, learner):
    for source in style["cells"]:
        learner.cell(source)
    names = {"value": learner.value("value"), "names_in": names_in}
    assert eval(style["uses"], names)  # as a check would use it


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style["name"])
def test_the_style_passes_in_a_notebook(style):
    if any("write" in source for source in style["cells"]):
        pytest.skip("It would write into this folder.")
    names = {"names_in": names_in}
    for source in style["cells"]:
        exec(source, names)
    assert eval(style["uses"], names)


def test_the_built_in_hash_is_still_seen(learner):
    learner.cell("del hash\ndef salted(text):\n    return hash(text)")
    assert "hash" in names_in(learner.value("salted"))

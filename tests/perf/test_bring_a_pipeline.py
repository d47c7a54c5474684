"""The example of `docs/bring-a-pipeline.md`, from profile to memo.

Needs the extra `peers` and the prepared models: make perf installs the one and builds the others. N=44 asks
so many questions of each comparison; without it, there are 6.
"""

import json
import os

import pytest
from typer.testing import CliRunner

from harness.cli.main import app

pytest.importorskip(
    "langchain_community", reason="needs the extra peers: pip install -e '.[peers]'"
)

pytestmark = [pytest.mark.perf, pytest.mark.timeout(1800)]
STACK = "examples.langchain_faiss"
N = os.environ.get("N", "6")
NOISE = 6  # questions of the first step against itself
CHANGES = [
    ("before", "one_passage", NOISE),
    ("one_passage", "streamed", 0),
    ("streamed", "smaller", 0),
]


def last(*arguments):
    result = CliRunner().invoke(app, [*arguments, "--seed", "2718", "--json"])
    assert result.exit_code == 0, result.output
    print(f"\n{result.stdout.rpartition(chr(10) + '{')[0]}")
    return result.stdout.strip().splitlines()[-1]


@pytest.fixture
def root_is_here(root, monkeypatch, tmp_path):
    """Run where the example is found; results are not kept for the user's interview."""
    monkeypatch.chdir(root)
    monkeypatch.setattr("harness.learner.results.folder", lambda: tmp_path)


def test_a_profile_of_the_stack_becomes_a_budget(root_is_here, tmp_path):
    line = last("profile", f"{STACK}:before", "-n", str(int(N) + 1))
    parts = {row["part"] for row in json.loads(line)["ceilings"]}
    assert {"generate", "retrieve", "preprocess"} <= parts
    (tmp_path / "profile.json").write_text(line)
    page = tmp_path / "budget.html"
    result = CliRunner().invoke(app, ["budget", str(tmp_path / "profile.json"), "--out", str(page)])
    assert result.exit_code == 0 and "generate" in page.read_text()


@pytest.mark.parametrize(("a", "b", "noise"), CHANGES)
def test_each_change_is_compared_with_the_step_before(root_is_here, a, b, noise):
    sides = [f"{STACK}:{a}", f"{STACK}:{b}"]
    found = json.loads(last("bench", *sides, "-n", N, "--noise", str(noise), "--busy"))
    assert found["ratio"]["p50"] > 0
    assert (found["noise"] or {"n": 0})["n"] == noise


def test_all_changes_together_are_faster(root_is_here):
    sides = [f"{STACK}:before", f"{STACK}:smaller"]
    found = json.loads(last("bench", *sides, "-n", N, "--noise", "0", "--busy"))
    assert found["ratio"]["low"] > 1
    assert found["ttft_ratio"]["low"] > found["ratio"]["low"]

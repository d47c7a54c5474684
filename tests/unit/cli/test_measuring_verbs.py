"""The verbs that measure, on assistants without models: tables, JSON, and faults named."""

import json

import pytest
from typer.testing import CliRunner

from grader.cli import journey as journey_verb
from harness import entries
from harness.cli.main import app
from harness.errors import WrongUseError
from harness.labs.capstone.journey_steps import Change, journey_steps
from harness.measure.latency.journey import Journey
from harness.measure.machine import describe
from harness.pipeline import Pipeline
from tests.unit.cli.fake_entries import HOGGED, KNOWN, QUIET, last_json

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    monkeypatch.setattr(entries, "entry_named", KNOWN.__getitem__)
    monkeypatch.setattr(describe, "busy", lambda: QUIET)


def test_bench_shows_times_quality_and_the_ratio():
    result = run(app, ["bench", "baseline", "reference", "-n", "6", "--seed", "1", "--json"])
    assert result.exit_code == 0, result.output
    assert "baseline ÷ reference, end-to-end p50" in result.stdout
    values = last_json(result)
    assert (values["n"], values["seed"], values["division"]) == (6, 1, "closed")
    assert {"p50", "low", "high"} == set(values["ratio"])
    assert values["e2e_ms"]["a"]["p50"] > 0 and values["e2e_ms"]["a"]["p90"] is None
    assert values["quality"]["b"]["exact"] == 0


def test_bench_shows_the_record_with_an_entry_in_its_place():
    result = run(app, ["bench", "baseline", "reference", "-n", "6", "--seed", "1", "--record"])
    assert result.exit_code == 0, result.output
    table = result.stdout[result.stdout.index("The record") :]
    assert table.count("closed") == 6 and "0 of" in table


@pytest.mark.parametrize("more", [["reference", "baseline"], ["baseline", "--floor"]])
def test_a_record_is_a_ratio_to_the_slow_assistant(more):
    result = run(app, ["bench", *more, "--record"])
    assert result.exit_code != 0 and "slow assistant" in result.output + str(result.exception)


def test_an_odd_number_of_questions_becomes_even():
    assert last_json(run(app, ["bench", "baseline", "reference", "-n", "3", "--json"]))["n"] == 4


def test_a_pipeline_that_says_nothing_is_named_and_fails():
    result = run(app, ["bench", "baseline", "broken", "-n", "4", "--json"])
    assert result.exit_code == 1
    assert "No number: broken went wrong" in result.stdout
    assert last_json(result)["ratio"] is None


def test_a_saturated_machine_gives_no_number_without_busy(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: HOGGED)
    result = run(app, ["bench", "baseline", "reference", "-n", "6", "--json"])
    assert result.exit_code == 1 and "hog" in last_json(result)["error"]
    wanted = run(app, ["bench", "baseline", "reference", "-n", "6", "--busy", "--json"])
    assert (wanted.exit_code, last_json(wanted)["saturated"]) == (0, "")
    assert "beside other programs" in wanted.stdout and last_json(wanted)["busy"]


def test_a_machine_that_becomes_busy_gives_no_number(monkeypatch):
    loads = iter((QUIET, HOGGED))
    monkeypatch.setattr(describe, "busy", lambda: next(loads))
    result = run(app, ["bench", "baseline", "reference", "-n", "6", "--json"])
    assert (result.exit_code, last_json(result)["e2e_ms"]) == (1, None)
    assert "hog" in result.stdout


def test_an_unknown_name_lists_the_known_ones(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(WrongUseError, match="baseline, reference, yardstick"):
        entries.entry_named("rocket")


def test_demo_shows_both_sides_and_their_stages(tmp_path):
    trace = tmp_path / "t.json"
    result = run(app, ["demo", "-n", "6", "--json", "--trace", str(trace)])
    assert result.exit_code == 0, result.output
    assert result.stdout.count("limit 500 ms") == 2
    values = last_json(result)
    for name in ("baseline", "reference"):
        assert values[name]["stages_ms"]["generate"] > 0
    assert json.loads(trace.read_text())


def test_a_journey_is_measured_and_written_into_the_readme(monkeypatch, tmp_path):
    assert isinstance(KNOWN["baseline"].assistant, Pipeline)
    steps = journey_steps(KNOWN["baseline"], [Change("streamed", "nothing", {"streaming": True})])
    monkeypatch.setattr("grader.grading.reference.steps", lambda: steps)
    monkeypatch.setattr("grader.grading.reference.cached_steps", lambda: steps[:1])
    monkeypatch.setattr("grader.grading.reference.ROOT", tmp_path)
    monkeypatch.setattr("grader.grading.reference.fingerprint", lambda: "abc")
    (tmp_path / "docs").mkdir()
    readme = tmp_path / "README.md"
    page, speedrun = tmp_path / "docs" / "journey.md", tmp_path / "docs" / "speedrun.md"
    for path in (readme, page, speedrun):
        path.write_text(f"before\n{journey_verb.START}\nold\n{journey_verb.END}\nafter\n")
    result = run(app, ["journey", "-n", "5", "--mixed", "7", "--write", "--json"])
    assert result.exit_code == 0, result.output
    kept = Journey.model_validate_json(journey_verb.record(tmp_path).read_text())
    assert [step.name for step in kept.steps] == ["baseline", "streamed"]
    assert [(step.name, step.n) for step in kept.mixed] == [("baseline", 7)]
    for text in (readme.read_text(), page.read_text(), speedrun.read_text()):
        assert text.startswith("before\n") and text.endswith("after\n") and "old" not in text
        assert "streamed |" in text
    assert last_json(result)["code"] == "abc"


def test_a_journey_on_a_busy_machine_is_refused(monkeypatch):
    monkeypatch.setattr(describe, "busy", lambda: HOGGED)
    result = run(app, ["journey"])
    assert result.exit_code == 1
    assert "hog" in result.stderr

"""`under500 bench NAME --floor`, on assistants without models."""

import pytest
from typer.testing import CliRunner

from harness import entries
from harness.cli.main import app
from harness.measure.machine import describe
from harness.measure.model_files import peak
from tests.unit.cli.fake_entries import HOGGED, KNOWN, QUIET, last_json

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def fakes(monkeypatch):
    monkeypatch.setattr(entries, "entry_named", KNOWN.__getitem__)
    monkeypatch.setattr(describe, "busy", lambda: QUIET)
    monkeypatch.setattr(peak, "measure_peaks", lambda size: peak.Peaks(10.0, size, {"fp32": 1.0}))


def test_the_floor_of_each_stage_stands_beside_its_time():
    result = run(app, ["bench", "reference", "--floor", "-n", "3", "--seed", "1", "--json"])
    assert result.exit_code == 0, result.output
    values = last_json(result)
    assert (values["name"], values["n"], values["seed"]) == ("reference", 3, 1)
    network = values["stages"][0]
    assert (network["stage"], network["floor_ms"]) == ("network", 1)
    assert network["left_ms"] == pytest.approx(network["measured_ms"] - 1)
    assert "generate" in values["unknown"] and values["times"] is None
    assert "No floor is known for" in result.stdout


@pytest.mark.parametrize(("more", "name"), [([], "f.png"), (["--dark"], "f.svg")])
def test_the_picture_is_written(tmp_path, more, name):
    options = ["--floor", "-n", "2", "--picture", str(tmp_path / name), *more]
    result = run(app, ["bench", "reference", *options])
    assert result.exit_code == 0, result.output
    assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize("path", ["nowhere/f.png", "f.unknown"])
def test_a_picture_that_cannot_be_written_is_wrong_use(tmp_path, path):
    result = run(
        app, ["bench", "reference", "--floor", "-n", "2", "--picture", str(tmp_path / path)]
    )
    assert result.exit_code == 2 and "cannot be written" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["reference", "broken", "--floor"],
        ["reference"],
        ["reference", "broken", "--picture", "f.png"],
        ["reference", "--floor", "--dark"],
        ["reference", "--floor", "--picture", "no-folder/f.png"],
        ["reference", "--floor", "--picture", "f.txt"],
    ],
)
def test_a_floor_is_of_one_entry_and_a_comparison_of_two(arguments):
    assert run(app, ["bench", *arguments]).exit_code == 2


def test_a_fault_and_a_busy_machine_give_no_number(monkeypatch):
    broken = run(app, ["bench", "broken", "--floor", "-n", "2", "--json"])
    assert broken.exit_code == 1 and set(last_json(broken)) == {"error"}
    monkeypatch.setattr(describe, "busy", lambda: HOGGED)
    hogged = run(app, ["bench", "reference", "--floor", "-n", "2", "--json"])
    assert hogged.exit_code == 1 and "hog" in last_json(hogged)["error"]
    wanted = run(app, ["bench", "reference", "--floor", "-n", "2", "--busy", "--json"])
    assert wanted.exit_code == 0 and last_json(wanted)["n"] == 2
    assert "hog" in last_json(wanted)["beside"]

"""Scenarios: the schema refuses what cannot be played, in a sentence that says where and why."""

import shutil
from pathlib import Path

import pytest
import yaml

from harness.interview.content_files import CONTENT, BadContentError
from harness.interview.lint.scenario_rules import broken_rules
from harness.interview.scenario.scenario import Scenario, scenario, scenarios

FOLDER = CONTENT / "scenarios"


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one scenario to be broken."""
    shutil.copy(FOLDER / "S02.yaml", tmp_path / "one.yaml")
    return tmp_path


def change(folder, edit):
    path = folder / "one.yaml"
    entries = yaml.safe_load(path.read_text())
    edit(entries)
    path.write_text(yaml.safe_dump(entries))


def test_there_are_eighteen_and_each_is_its_own():
    found = scenarios()
    assert list(found) == [f"S{number:02d}" for number in range(1, 19)]
    assert len({one.cause.name for one in found.values()}) == 18
    assert len({one.product.premise for one in found.values()}) == 18
    assert len({one.deploy.note for one in found.values()}) == 18


@pytest.mark.parametrize("name", [f"S{number:02d}" for number in range(1, 19)])
def test_no_scenario_breaks_a_rule(name):
    assert list(broken_rules(scenario(name), seeds=(None, 4, 5))) == []


def test_a_scenario_is_found_in_any_case_and_a_missing_one_is_named():
    assert scenario("s07").id == "S07"
    with pytest.raises(BadContentError, match=r"S99.*S01, S02"):
        scenario("S99")


def test_a_new_scenario_needs_no_code(folder):
    change(folder, lambda entries: entries.update(id="S19", name="Another one"))
    assert scenarios(folder)["S19"].name == "Another one"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda e: e["stages"].pop("queue"), "give exactly network"),
        (lambda e: e["stages"].update(queue={"of": ["nothing"]}), "no quantity 'nothing'"),
        (lambda e: e["stages"]["decode"].update(when="sundays"), "no regime 'sundays'"),
        (lambda e: e["quantities"]["token_ms"].update(vary=True), "only one quantity"),
        (lambda e: e.update(felt="sundays"), "no regime 'sundays'"),
        (lambda e: e["cause"].update(stage="thinking"), "no stage 'thinking'"),
        (lambda e: e["cause"].update(named=["("]), "regular expression"),
        (lambda e: e.update(surprise=1), "surprise"),
        (lambda e: e.update(regimes={"odd": {"seconds": [0, 9], "hours": [1, 2]}}), "give one of"),
        (lambda e: e.update(traffic=[1, 2]), "traffic"),
    ],
)
def test_what_cannot_be_played_is_refused(folder, edit, said):
    change(folder, edit)
    with pytest.raises(BadContentError) as refused:
        scenarios(folder)
    assert said in str(refused.value) and "one.yaml" in str(refused.value)


def test_broken_files_are_named(folder):
    (folder / "two.yaml").write_text("id: [")
    with pytest.raises(BadContentError, match=r"two\.yaml.*YAML"):
        scenarios(folder)
    (folder / "two.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadContentError, match=r"two\.yaml"):
        scenarios(Path(str(folder) + "/"))  # another key than the one that was refused


def test_twins_and_empty_folders_are_refused(folder, tmp_path):
    shutil.copy(folder / "one.yaml", folder / "two.yaml")
    with pytest.raises(BadContentError, match=r"S02.*twice"):
        scenarios(folder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadContentError, match="no scenarios"):
        scenarios(empty)


def broken(**changes):
    entries = yaml.safe_load((FOLDER / "S02.yaml").read_text())
    for place, value in changes.items():
        part = entries
        *path, last = place.split("__")
        for name in path:
            part = part[name]
        part[last] = value
    return list(broken_rules(Scenario.model_validate(entries), seeds=(None,)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hints": ["Is it an exact scan?", "b", "c"]}, "exact scan"),
        ({"setting": "You do a brute force search."}, "brute force"),
        ({"cards__index": "A search takes 2,300 ms."}, "typed number"),
        ({"cards__index": "A search takes {mean.nothing}."}, "'mean.nothing'"),
        ({"cards__sauce": "Sweet."}, "sauce"),
        ({"cause__stage": "decode"}, "largest stage"),
        ({"fix__after": {"retrieval": 5000}}, "the fix leaves"),
        ({"remedies": {"STK-MAGIC": "fixes"}}, "STK-MAGIC"),
        ({"remedies": {"STK-ANN": "helps"}}, "nothing fixes it"),
        ({"stages__queue": 2000}, "slow requests take"),
    ],
)
def test_the_rules_catch_what_is_unfair(changes, said):
    assert any(said in rule for rule in broken(**changes))

"""The files that other programs read: each parses, and says the same as the project does."""

import json
import re
import tomllib

import pytest
import yaml


@pytest.fixture
def project(root):
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


@pytest.fixture
def workflow(root):
    return yaml.safe_load((root / ".github/workflows/test.yml").read_text())


def test_the_changelog_has_a_dated_section_for_this_version(root, project):
    changelog = (root / "CHANGELOG.md").read_text()
    assert re.search(
        rf"^## {re.escape(project['version'])} \(\d{{4}}-\d\d-\d\d\)$", changelog, re.M
    )


def test_the_oldest_python_is_the_same_everywhere(project, workflow):
    oldest = project["requires-python"].removeprefix(">=")
    assert workflow["jobs"]["test"]["strategy"]["matrix"]["python"][0] == oldest
    assert f"Programming Language :: Python :: {oldest}" in project["classifiers"]


def test_the_workflow_runs_what_everybody_runs(workflow):
    commands = [step.get("run", "") for step in workflow["jobs"]["test"]["steps"]]
    assert any(command.startswith("make test") for command in commands)
    assert workflow["permissions"] == {"contents": "read"}


@pytest.mark.parametrize("name", ["problem", "idea"])
def test_issue_templates_have_what_the_forms_need(root, name):
    form = yaml.safe_load((root / f".github/ISSUE_TEMPLATE/{name}.yml").read_text())
    assert {"name", "description", "body"} <= form.keys()
    assert all("label" in field["attributes"] for field in form["body"])


def test_the_dev_container_starts_as_the_readme_says(root):
    text = (root / ".devcontainer/devcontainer.json").read_text()
    container = json.loads(re.sub(r"^//.*$", "", text, flags=re.M))
    assert "make start JUPYTER=0" in container["onCreateCommand"]

"""Rules for the whole repository."""

import json
import re
import subprocess
import sys
import tomllib
from collections import Counter
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

from harness.cli.main import PANELS

CODE = ("harness", "grader")


def sources(root, *folders):
    return [path for folder in folders for path in (root / folder).rglob("*.py")]


def test_nothing_sleeps_but_the_network(root):
    sleepers = [
        path.relative_to(root).as_posix()
        for path in sources(root, *CODE)
        if re.search(r"\bsleep\(", path.read_text())
    ]
    assert sleepers == ["harness/serve/wan.py"]


def test_rooms_import_only_the_rooms_below_them(root):
    linter = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    result = subprocess.run(linter, cwd=root, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stdout


def test_module_names_are_unique(root):
    """A name that occurs twice is hard to find; verbs in cli/ and the labs' kits are named by their role."""
    names = Counter(
        path.stem
        for path in sources(root, *CODE)
        if not {"cli", "deploy"} & set(path.parts) and path.stem not in ("__init__", "kit")
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_file_is_over_500_lines(root):
    for path in sources(root, *CODE, "tests"):
        assert len(path.read_text().splitlines()) <= 500, path


def test_the_conda_environment_has_no_second_version_list(root):
    dependencies = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    pip = next(item for item in dependencies if isinstance(item, dict))["pip"]
    names = [item for item in dependencies if isinstance(item, str)]
    assert pip == ["-e .[weights]"]
    assert {re.split(r"[<>=]", name)[0] for name in names} <= {
        "python",
        "pip",
        "cxx-compiler",
        "cmake",
        "make",
    }
    assert [name for name in names if re.search(r"[<>=]", name)] == ["python>=3.11"]


def test_every_dependency_is_a_range_with_a_reason(root):
    text = (root / "pyproject.toml").read_text()
    project = tomllib.loads(text)["project"]
    extras = [line for extra in project["optional-dependencies"].values() for line in extra]
    for line in project["dependencies"] + [e for e in extras if not e.startswith("under500[")]:
        assert ">=" in line and "==" not in line, line
    torch = next(d for d in project["dependencies"] if d.startswith("torch"))
    assert torch.startswith("torch>=")


def test_torch_is_not_pinned_by_the_constraints(root):
    constraints = (root / "constraints.txt").read_text().splitlines()
    assert all("==" in line for line in constraints if line and not line.startswith("#"))
    assert not any(re.match(r"(torch|nvidia|triton)", line) for line in constraints)


def test_every_verb_loads_and_has_a_help_line():
    verbs = [verb for group in PANELS for verb in entry_points(group=group)]
    assert {"demo", "doctor", "grade", "prepare"} <= {verb.name for verb in verbs}
    assert all(verb.load().__doc__ for verb in verbs)


def make(root, *arguments, path="/usr/bin:/bin"):
    return subprocess.run(
        ["make", "-s", *arguments],
        cwd=root,
        env={"PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.fixture
def bare(root, tmp_path):
    """Return a folder with the Makefile but without a virtual environment."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_bytes((root / name).read_bytes())
    return tmp_path


def test_a_python_that_is_too_old_is_named_before_anything_is_installed(bare):
    old = bare / "python3.8"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    result = make(bare, "start", f"PYTHON={old}")
    assert result.returncode != 0
    assert "needs Python 3.11 or newer" in result.stdout
    assert not (bare / ".venv").exists()


def test_a_missing_compiler_is_named_before_anything_is_installed(bare, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "make", "echo", "env"):
        path = subprocess.run(["which", tool], capture_output=True, text=True).stdout.strip()
        if path:
            (tools / tool).symlink_to(path)
    python = tools / "python3"
    python.write_text("#!/bin/sh\nexit 0\n")
    python.chmod(0o755)
    result = make(bare, "start", path=str(tools))
    assert result.returncode != 0
    assert "needs a C++ compiler" in result.stdout
    assert not (bare / ".venv").exists()


def test_a_full_disk_is_named_before_anything_is_installed(bare, tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, script in {
        "python3": "exit 0",
        "c++": "exit 0",
        "df": "echo H; echo d 9 8 1000 9",
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod(0o755)
    result = make(bare, "start", path=f"{tools}:/usr/bin:/bin")
    assert result.returncode != 0
    assert "free some space" in result.stdout
    assert not (bare / ".venv").exists()


def test_make_start_opens_jupyterlab_as_a_learner_wants_it(root):
    """The settings hold for the learner's start alone, and only name extensions that nbgrader has."""
    folder = root / "harness" / "setup" / "jupyter"
    assert "LEARNERS = JUPYTER_CONFIG_PATH=" in (root / "Makefile").read_text()
    page = json.loads((folder / "labconfig" / "page_config.json").read_text())
    instructors = ("formgrader", "create-assignment", "course-list")
    hidden = {f"@jupyter/nbgrader:{name}" for name in instructors}
    assert set(page["disabledExtensions"]) == hidden
    settings = json.loads((folder / "labconfig" / "default_setting_overrides.json").read_text())
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"
    for name, values in settings.items():
        extension, _, plugin = name.rpartition(":")
        schema = Path(sys.prefix, "share/jupyter/lab/schemas", extension, f"{plugin}.json")
        assert set(values) <= set(json.loads(schema.read_text())["properties"]), name

"""A folder of two small labs, and the home of a learner who has prepared everything."""

import nbformat
import pytest

from harness import knobs
from tests.unit.test_knobs import RECORD

LABS = {
    "00-start-here": {"l00-q0-prediction": (30, 'checks.prediction(guess, NAMES, lab="00")')},
    "01-profile": {
        "l01-q0-prediction": (5, 'checks.prediction(guess, ["a"], lab="01")'),
        "l01-q1-breakdown": (20, "checks.breakdown(breakdown)"),
        "l01-q2-percentile": (15, "checks.percentile(percentile, out_of=15)"),
    },
}
STAGES = {"network": 100, "preprocess": 200, "retrieve": 300, "generate": 2500, "postprocess": 100}
READY = RECORD.model_copy(update={"stages_ms": STAGES, "e2e_ms": 3200})


def _cell(grade_id, points, source):
    data = {"grade_id": grade_id, "points": points, "grade": True, "solution": False}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": data})


@pytest.fixture
def labs(tmp_path, monkeypatch):
    folder = tmp_path / "course" / "labs"
    for name, checks in LABS.items():
        cells = [_cell(id_, *rest) for id_, rest in checks.items()]
        title = nbformat.v4.new_markdown_cell(f"# Lab {name[:2]}: {name[3:]}\n\n**Goal:**")
        path = folder / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[title, *cells]), path)
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.fixture
def learner(labs, tmp_path, monkeypatch):
    """A learner with a calibrated machine and an empty record."""
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path / "home"))
    knobs.save(READY)
    return labs

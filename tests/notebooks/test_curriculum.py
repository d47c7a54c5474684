"""Everything that the question names has a graded cell where the learner does it."""

import re
from pathlib import Path

import nbformat

from tests.notebooks.lab_table import with_table

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "curriculum.md"
# What the question itself names; each must be a row of its own.
NAMED = (
    *("breakdown", "streaming", "smaller models", "GGUF quantization", "llama.cpp on CPU or GPU"),
    *("speculative decoding", "HNSW", "response cache", "semantic cache", "batching", "routing"),
    *("precomputation", "edge", "three options", "quality that holds", "mock interview"),
)


def rows():
    """(what, lab, grade id) of each row."""
    return re.findall(r"^\| (.+?) \| `(.+?)` \| `(.+?)` \|$", TABLE.read_text(), re.MULTILINE)


def graded(lab):
    notebook = nbformat.read(ROOT / "solutions" / lab / f"{lab}.ipynb", as_version=4)
    cells = (cell.metadata.get("nbgrader", {}) for cell in notebook.cells)
    return {cell["grade_id"] for cell in cells if cell.get("grade")}


def test_every_row_names_a_graded_cell():
    for what, lab, cell in rows():
        assert cell in graded(lab), f"{what}: {lab} has no {cell}"


def test_everything_named_has_a_row():
    table = " ".join(what for what, _, _ in rows())
    assert [name for name in NAMED if name not in table] == []


def test_every_lab_after_the_first_teaches_a_part_of_the_answer():
    labs = {path.name for path in (ROOT / "solutions").iterdir() if path.is_dir()}
    assert labs - {lab for _, lab, _ in rows()} == {"00-start-here"}


def test_the_table_of_the_labs_is_that_of_the_notebooks_and_submissions():
    text = TABLE.read_text(encoding="utf-8")
    assert with_table(text) == text, "Run `make docs` and commit docs/curriculum.md."

"""What every lab looks like: short cells, stable ids, 100 points, and nothing given away."""

from __future__ import annotations

import re

import nbformat
import pytest

from grader.course.release import generate, release
from tests.notebooks.course import LABS, ROOT, released, solution

WORDS, LINES, POINTS = 60, 20, 100
MARKERS = ("BEGIN SOLUTION", "END SOLUTION", "BEGIN HIDDEN", "END HIDDEN")
FOLDED = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
BOTH = pytest.mark.parametrize("notebook", [*map(solution, LABS), *map(released, LABS)])
EACH_LAB = pytest.mark.parametrize("lab", LABS)


def grader_data(cell, key):
    return cell.metadata.get("nbgrader", {}).get(key)


def words(markdown: str) -> int:
    return len(re.findall(r"[^\W_]+(?:[-'.,][^\W_]+)*", markdown))


def test_every_folder_of_solutions_is_a_lab_with_one_notebook_and_nothing_else():
    for folder in ("solutions", "labs"):
        found = sorted(
            str(path.relative_to(ROOT / folder)) for path in (ROOT / folder).rglob("*.*")
        )
        # `make start` writes the learner's page there, and JupyterLab its copies
        found = [n for n in found if ".ipynb_checkpoints" not in n and n != "my-page.ipynb"]
        assert found == [f"{lab}/{lab}.ipynb" for lab in LABS]


@BOTH
def test_prose_is_short(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert words(FOLDED.sub("", cell.source)) <= WORDS, cell.id
            for _, folded in FOLDED.findall(cell.source):
                assert words(folded) <= WORDS, cell.id


@BOTH
def test_code_is_short(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert len(cell.source.splitlines()) <= LINES, cell.id


@BOTH
def test_nothing_of_the_last_run_or_of_somebodys_machine_is_left(notebook):
    assert set(notebook.metadata) == {"kernelspec"}
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert not cell.outputs
            assert cell.execution_count is None
        assert set(cell.metadata) <= {"nbgrader", "tags", "deletable", "editable"}, cell.id


@BOTH
def test_ids_are_unique_and_readable(notebook):
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) for one in ids)
    grade_ids = [name for cell in notebook.cells if (name := grader_data(cell, "grade_id"))]
    assert len(set(grade_ids)) == len(grade_ids)
    assert all(re.fullmatch(r"l\d\d-q\d-[a-z-]+", name) for name in grade_ids)


@BOTH
def test_points_add_up_and_the_check_knows_them(notebook):
    grades = [cell for cell in notebook.cells if grader_data(cell, "grade")]
    assert sum(grader_data(cell, "points") for cell in grades) == POINTS
    for cell in grades:
        assert len(cell.source.splitlines()) == 1
        out_of = re.search(r"out_of=(\d+)", cell.source)
        assert out_of is None or int(out_of[1]) == grader_data(cell, "points")


@EACH_LAB
def test_an_empty_exercise_names_itself(lab):
    for cell in released(lab).cells:
        if grader_data(cell, "solution"):
            assert "# Your turn." in cell.source
            name = re.search(r"^def (\w+)", cell.source, re.MULTILINE)
            message = rf"Lab {lab[:2]}, exercise \d: {name[1]}\(\)" if name else r"None,"
            assert re.search(message, cell.source), cell.id


@EACH_LAB
def test_every_exercise_has_three_hints_that_hold_back_the_solution(lab):
    cells = {cell.id: cell.source for cell in solution(lab).cells}
    exercises = [name for name in cells if re.fullmatch(r"q[1-9](-[a-z]+)?-gap", name)]
    assert exercises
    for name in exercises:
        hints = FOLDED.findall(cells[name.replace("gap", "hints")])
        assert len(hints) == 3
        for line in solution_lines(cells[name]):
            assert all(line not in text for _, text in hints)


@EACH_LAB
def test_no_solution_leaks(lab):
    text = nbformat.writes(released(lab))
    assert not any(marker in text for marker in MARKERS)
    for cell in solution(lab).cells:
        for line in solution_lines(cell.source):
            assert line not in text


def solution_lines(source: str) -> list[str]:
    """Return the lines between the markers, but for those that say little, such as `return names`."""
    inside = re.search(r"### BEGIN SOLUTION\n(.*?)\n *### END SOLUTION", source, re.DOTALL)
    lines = [line.strip() for line in inside[1].splitlines()] if inside else []
    return [line for line in lines if len(line) > 20]


def test_labs_equal_a_regeneration_byte_for_byte(tmp_path):
    fresh = generate(ROOT, tmp_path)
    for lab in LABS:
        name = f"{lab}/{lab}.ipynb"
        assert (fresh / name).read_bytes() == (ROOT / "labs" / name).read_bytes()


def test_release_is_repeatable_removes_what_is_stale_and_leaves_checkpoints(tmp_path):
    lab = tmp_path / "solutions" / LABS[0]
    lab.mkdir(parents=True)
    nbformat.write(solution(LABS[0]), lab / f"{LABS[0]}.ipynb")
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())
    stale = tmp_path / "labs" / "99-gone" / "99-gone.ipynb"
    checkpoint = tmp_path / "labs" / LABS[0] / ".ipynb_checkpoints" / "work.ipynb"
    for path in (stale, checkpoint):
        path.parent.mkdir(parents=True)
        path.write_text("{}")

    assert release(tmp_path) == [tmp_path / "labs" / LABS[0] / f"{LABS[0]}.ipynb", stale]
    assert not stale.parent.exists()
    assert checkpoint.exists()
    assert release(tmp_path) == []
    assert not (tmp_path / "gradebook.db").exists()


def test_text_twins_of_a_solution_stay_behind(tmp_path):
    lab = tmp_path / "solutions" / LABS[0]
    lab.mkdir(parents=True)
    nbformat.write(solution(LABS[0]), lab / f"{LABS[0]}.ipynb")
    for suffix in (".py", ".md", ".Rmd", ".qmd"):
        (lab / f"{LABS[0]}{suffix}").write_text("the solution")
    (tmp_path / "nbgrader_config.py").write_text((ROOT / "nbgrader_config.py").read_text())

    assert [path.suffix for path in release(tmp_path)] == [".ipynb"]

"""Reading notebooks, and refusing other files."""

import json

import pytest

from grader.grading.notebook import MAX_BYTES, NotebookError, code, parse, read


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    "content",
    [
        "",
        "not json",
        "[1, 2]",
        "{}",
        {"cells": 3},
        {"cells": [3]},
        {"cells": ["x"]},
        "[" * 5000,
        {"cells": [{"metadata": {"nbgrader": 3}}]},
    ],
)
def test_other_files_raise_notebook_error(tmp_path, content):
    with pytest.raises(NotebookError, match="not a notebook"):
        read(write(tmp_path / "lab.ipynb", content))


def test_a_missing_a_binary_and_a_huge_file(tmp_path):
    with pytest.raises(NotebookError, match="cannot be read"):
        read(tmp_path / "none.ipynb")
    (tmp_path / "zip.ipynb").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(NotebookError, match="not a notebook"):
        read(tmp_path / "zip.ipynb")
    with (tmp_path / "huge.ipynb").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(NotebookError, match="clear all outputs"):
        read(tmp_path / "huge.ipynb")


def test_only_source_and_grade_id_of_a_cell_are_read(tmp_path):
    cell = {
        "cell_type": "code",
        "id": "q1",
        "source": ["a = 1\n", "b = 2"],
        "outputs": [{"text": "x"}],
        "metadata": {"tags": ["skip-execution"], "nbgrader": {"grade_id": "l01", "points": 99}},
    }
    text = {"cell_type": "markdown", "source": "x", "metadata": {}}
    found = read(write(tmp_path / "lab.ipynb", {"cells": [cell, text], "nbformat": 4}))
    assert found.cells[0].metadata == {"nbgrader": {"grade_id": "l01"}}
    assert found.cells[0].outputs == []
    assert [code(one) for one in found.cells] == ["a = 1\nb = 2", None]


def test_nothing_else_of_a_file_is_read():
    many = [{}] * 1000
    cell = {"cell_type": "code", "id": many, "source": "a", "attachments": many, "x": many}
    content = {"cells": [cell], "nbformat": 4, "nbformat_minor": many, "metadata": {"x": many}}
    found = parse("lab.ipynb", json.dumps(content).encode())
    emptied = {"source": "a", "metadata": {}, "outputs": [], "execution_count": None}
    assert found == {
        "cells": [{"cell_type": "code"} | emptied],
        "nbformat": 4,
        "metadata": {},
    }


LIMITS = [  # a notebook, and the limit that it exceeds
    ({"cells": [{"cell_type": "code", "source": ""}] * 20_000}, "20,000 cells and at most 1,000"),
    ({"cells": [{"source": "x" * 600_000}] * 2}, "1,200,000 characters and at most 1,000,000"),
    ({"cells": [{"source": ["x" * 1000] * 1_001}]}, "1,001,000 characters and at most 1,000,000"),
]


@pytest.mark.parametrize(("content", "reason"), LIMITS)
def test_a_limit_is_named_with_what_exceeds_it(content, reason):
    with pytest.raises(NotebookError, match=reason):
        parse("lab.ipynb", json.dumps(content).encode())

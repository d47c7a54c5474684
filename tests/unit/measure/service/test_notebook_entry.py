"""An entry from a notebook: which cells run, and one sentence for each that cannot."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from harness import entries
from harness.assistant import Question
from harness.errors import WrongUseError

SETUP = """from __future__ import annotations
from dataclasses import dataclass
from harness.serve.entry import Entry
from harness.serve.network import KEEP_ALIVE
from tests.fakes import saying

@dataclass
class Words:
    text: str = "first"
"""
ENTRY = """def entry():
    return Entry("mine", saying(words.text), KEEP_ALIVE)
"""
NOT_RUN = "raise AssertionError('this cell must not run')"


def write(path, *sources, tags=()):
    cells = [new_code_cell(source) for source in sources]
    slow = new_code_cell(f"x = 1\n{NOT_RUN}", metadata={"tags": ["measures"]})
    cells = [new_markdown_cell("# Lab"), slow, *cells]
    nbformat.write(new_notebook(cells=cells), path)
    return str(path)


def test_the_cells_that_define_something_run_up_to_the_entry(tmp_path):
    sources = (
        SETUP,
        NOT_RUN,
        "%matplotlib inline\nwords = Words()\n!ls",
        ENTRY,
        "def other(): pass",
        f"y = 1\n{NOT_RUN}",
    )
    name = write(tmp_path / "own.ipynb", *sources)
    entry = entries.entry_named(name)
    assert entry.name == name
    *_, done = entry.assistant.stream(Question("q"))
    assert done.answer.text == "first"


def test_the_last_definition_counts_and_another_function_can_be_named(tmp_path):
    again = ENTRY.replace("words.text", "'second'")
    other = ENTRY.replace("entry()", "cached()").replace("words.text", "'third'")
    name = write(tmp_path / "own.ipynb", SETUP, ENTRY, again, other)
    for suffix, text in (("", "second"), (":cached", "third")):
        *_, done = entries.entry_named(name + suffix).assistant.stream(Question("q"))
        assert done.answer.text == text


BAD = {
    "no function": (["x = 1"], "", "no function `entry"),
    "another name": ([SETUP, ENTRY], ":nothing", "no function `nothing"),
    "no Python": (["def entry(:"], "", "Cell 3 of .* is no Python"),
    "a cell that raises": (["x = 1 / 0", ENTRY], "", "Cell 3 of .*ZeroDivisionError"),
    "a cell that ends": (["import sys\nsys.exit(3)", ENTRY], "", "Cell 3 of .*SystemExit: 3"),
    "an entry that ends": (["def entry(): raise SystemExit"], "", "SystemExit"),
    "an empty exercise": (["def entry(): raise NotImplementedError('empty')"], "", "empty"),
    "no entry": (["def entry(): return 7"], "", "returns a int"),
}


@pytest.mark.parametrize(("sources", "suffix", "sentence"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_said_with_its_cell(tmp_path, sources, suffix, sentence):
    name = write(tmp_path / "own.ipynb", *sources) + suffix
    with pytest.raises(WrongUseError, match=sentence):
        entries.entry_named(name)


def test_a_file_that_is_none_or_not_there_is_said(tmp_path):
    (tmp_path / "x.ipynb").write_text("{")
    for name, sentence in (("x.ipynb", "no notebook"), ("y.ipynb", "cannot be read")):
        with pytest.raises(WrongUseError, match=sentence):
            entries.entry_named(str(tmp_path / name))

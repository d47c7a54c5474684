"""The table of the labs in docs/curriculum.md, from the notebooks and the submissions that tests hold.

`python -m tests.notebooks.lab_table` writes it.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import yaml
from nbformat import NotebookNode

from tests.notebooks.course import LABS, ROOT, solution

PAGE = ROOT / "docs" / "curriculum.md"
START, END = "<!-- labs: made by `python -m tests.notebooks.lab_table` -->", "<!-- end of labs -->"
GOLDEN = ROOT / "tests" / "unit" / "grader" / "checks" / "golden"
STYLES = ROOT / "tests" / "submissions" / "styles.yaml"
GAP = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
CHECK = re.compile(r"^checks\.(\w+)\(", re.MULTILINE)
HEADER = (
    *(
        "lab",
        "exercises",
        "your lines",
        "of the lines that compute",
        "wrong answers",
        "right answers",
    ),
)


def table() -> str:
    """Return the table as Markdown, a row for each lab."""
    counted = submissions()
    rule = f"|---|{'--:|' * (len(HEADER) - 1)}"
    return "\n".join([f"| {' | '.join(HEADER)} |", rule, *(_row(lab, counted) for lab in LABS)])


def submissions() -> dict[str, Counter[str]]:
    """Return how many wrong and right submissions the tests hold, by check."""
    found: dict[str, Counter[str]] = {}
    for file in sorted(GOLDEN.rglob("*.yaml")):
        for kind, several in _read(file).items():
            for one in several:
                right = "right" if kind == "excellent" else "wrong"
                found.setdefault(one["check"], Counter())[right] += 1
    for style in _read(STYLES):
        if "check" in style:
            found.setdefault(style["check"], Counter())["right"] += 1
    return found


def _read(file: Path) -> object:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's is ten times as fast
    return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)


def _row(lab: str, counted: dict[str, Counter[str]]) -> str:
    cells = [cell for cell in solution(lab).cells if cell.cell_type == "code"]
    names = [name for cell in cells for name in CHECK.findall(cell.source) if name != "prediction"]
    own = sum(_own_lines(cell.source) for cell in cells)
    given = sum(len(_given(cell)) for cell in cells)
    total = sum((counted.get(name, Counter()) for name in names), Counter())
    share = f"{100 * own / (own + given):.0f} %"
    numbers = (len(names), own, share, total["wrong"] or "–", total["right"] or "–")
    return f"| {lab} | {' | '.join(map(str, numbers))} |"


def _own_lines(source: str) -> int:
    """Return how many lines stand between the solution marks, without blank ones."""
    return sum(bool(line.strip()) for gap in GAP.findall(source) for line in gap.splitlines())


def _given(cell: NotebookNode) -> set[int]:
    """Return the lines of a given cell that compute: no import, print, check or picture."""
    if cell.metadata.get("nbgrader"):
        return set()
    return set(chain.from_iterable(map(_lines, _computing(ast.parse(cell.source).body))))


def _computing(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the simple statements that compute something, however deep."""
    for statement in statements:
        inner = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        if any(inner):
            yield statement
            for block in inner:
                yield from _computing(block)
        elif not isinstance(statement, ast.Import | ast.ImportFrom | ast.Expr):
            yield statement


def _lines(statement: ast.stmt) -> Iterator[int]:
    """Yield the line numbers of a simple statement, or of the head of one with a block."""
    body = getattr(statement, "body", None)
    last = body[0].lineno - 1 if body else statement.end_lineno
    yield from range(statement.lineno, max(last, statement.lineno) + 1)


def with_table(text: str) -> str:
    """Return the page with the table as it is now."""
    between = re.compile(f"{re.escape(START)}.*?{re.escape(END)}", re.DOTALL)
    return between.sub(lambda _: f"{START}\n{table()}\n{END}", text)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

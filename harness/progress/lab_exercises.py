"""The labs and their exercises, as the notebooks in labs/ define them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.learner.attempts import exercise_key

FOLDER = "labs"
CHECKOUT = Path(__file__).resolve().parents[2]
ID = re.compile(r"l\d\d-q(\d+)-(.+)")


@dataclass(frozen=True, slots=True)
class Exercise:
    """One check cell. name: such as "2 percentile". key: under which its attempts are recorded."""

    id: str
    name: str
    key: str
    points: float


@dataclass(frozen=True, slots=True)
class Lab:
    """One lab. name: such as "01-profile". title: without the number. path: its notebook."""

    name: str
    title: str
    path: Path
    exercises: tuple[Exercise, ...]

    @property
    def number(self) -> str:
        """Return the two digits of the lab."""
        return self.name[:2]


def labs_folder(here: Path | None = None) -> Path:
    """Return the learner's labs: in or above the current folder, or those of this checkout."""
    here = here or Path.cwd()
    for folder in (here / FOLDER, here, here.parent):
        if any(folder.glob("[0-9][0-9]-*/*.ipynb")) and folder.name != "solutions":
            return folder
    return CHECKOUT / FOLDER


def labs(folder: Path | None = None) -> tuple[Lab, ...]:
    """Return all labs in order, without those whose notebook cannot be read."""
    folder = folder or labs_folder()
    paths = sorted(folder.glob("[0-9][0-9]-*/[0-9][0-9]-*.ipynb"))
    return tuple(lab for path in paths if path.stem == path.parent.name and (lab := _lab(path)))


def _lab(path: Path) -> Lab | None:
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        title = "".join(cells[0]["source"]).splitlines()[0]
        exercises = tuple(_exercises(cells))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    return Lab(path.stem, title.partition(": ")[2] or title.lstrip("# "), path, exercises)


def _exercises(cells: list[dict]) -> Iterator[Exercise]:
    for cell in cells:
        data = cell["metadata"].get("nbgrader", {})
        if data.get("grade") and not data.get("solution"):
            key = _key("".join(cell["source"]))
            yield Exercise(data["grade_id"], _name(data["grade_id"]), key, float(data["points"]))


def _name(id_: str) -> str:
    match = ID.fullmatch(id_)
    if not match:
        return id_
    words = match[2].replace("-", " ")
    return words if match[1] == "0" else f"{match[1]} {words}"


def _key(source: str) -> str:
    """Return the key of the check that a cell calls; "" for a cell that was changed into something else."""
    try:
        [statement] = ast.parse(source).body
        call = statement.value
        options = {
            word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg == "lab"
        }
        return exercise_key(call.func.attr, options)
    except (SyntaxError, ValueError, AttributeError):
        return ""

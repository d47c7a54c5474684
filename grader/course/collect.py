"""The copying of loose notebooks, from a mailbox or a learning platform, into the course's folders.

Each file is one learner's matter: a link, a pipe, a folder or a broken file is recorded as that learner's
submission and graded as unreadable. Of several files of one learner, the last in time counts.
"""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from grader.course.course import Course, CourseError, Submission
from grader.course.file_names import SOLUTIONS, is_nearly, is_notebook, learner_of
from grader.course.handed_in import handed_in
from grader.course.records import disk_error
from grader.grading.notebook import NotebookError

# Notebooks in one learner's folder: two whole checkouts with their solutions have 48. Each file of another
# name counts as another learner's, so a learner who hands in more could invent a class.
MOST_FILES = 60
NOT_HANDED_IN = (".ipynb_checkpoints", "__MACOSX")  # made by Jupyter, and by macOS in an archive


@dataclass(frozen=True, slots=True)
class Found:
    """A file, its learner, its lab ("" if it does not tell), and its time of change in ns.

    depth: folders above the part of the path that names the learner. `problem` is the reason why it is not a
    notebook, or "".
    """

    path: Path
    student: str
    depth: int
    lab: str
    problem: str
    changed_ns: int

    @property
    def rank(self) -> tuple[int, bool, bool, int, str]:
        """Return what orders the files of one learner: depth, place, notebooks before others, time.

        A learner who hands in a folder can name a file in it after somebody else: bob/01.ipynb and bob.ipynb
        count before ada/bob.ipynb. Who hands in a whole checkout hands in the course's solutions with it.
        """
        own = SOLUTIONS not in self.path.parts
        return -self.depth, own, not self.problem, self.changed_ns, str(self.path)


@dataclass(frozen=True, slots=True)
class Collected:
    """What was copied, and a sentence for each file that belongs to no lab."""

    submissions: list[Submission]
    left_out: list[str]


def find_lab(course: Course, text: str) -> str:
    """Return the name of the lab with that number or name. Raises CourseError if there is none."""
    matches = [name for name in course.labs if name == text or name.split("-")[0] == text]
    if len(matches) != 1:
        raise CourseError(f"There is no lab {text}: choose from {', '.join(course.labs)}.")
    return matches[0]


def collect(course: Course, source: Path, lab: str = "") -> Collected:
    """Copy each notebook in `source` to the folder where nbgrader looks for submissions.

    With lab = "", each notebook's own cells decide which lab it belongs to; one without a cell of any lab
    belongs to the lab of all others, if they have the same. The learner's id is the name of the file, or of
    its folder if the file is named after the lab. A copy has what is graded: see `HandedIn.stored`.

    Raises CourseError if `source` does not exist. Raises DiskError if a copy cannot be written.
    """
    if not source.exists():
        raise CourseError(f"{source} does not exist: name a notebook, or a folder of notebooks.")
    root = source.resolve() if source.is_dir() else source.parent.resolve()
    paths = sorted(_named(root)) if source.is_dir() else [root / source.name]
    paths, left_out = _without_crowded(paths, root)
    found = [_found(course, path, root, lab) for path in paths if not is_nearly(path.name)]
    of_all = _lab_of_all(found)
    files: dict[tuple[str, str], list[Found]] = {}
    for one in found:
        files.setdefault((one.student, one.lab or of_all), []).append(one)
    left_out += [_without_lab(one) for (_, lab), group in files.items() if not lab for one in group]
    left_out += [_nearly(path.relative_to(root)) for path in paths if is_nearly(path.name)]
    submissions = [_copy(course, root, *key, group) for key, group in files.items() if key[1]]
    return Collected(submissions, left_out)


def _named(root: Path) -> Iterator[Path]:
    """Yield everything with a notebook's name, or nearly, whatever it is. Linked folders are not entered."""
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_HANDED_IN]
        yield from (Path(folder, name) for name in [*folders, *files] if is_notebook(name))
        yield from (Path(folder, name) for name in files if is_nearly(name))


def _without_crowded(paths: list[Path], root: Path) -> tuple[list[Path], list[str]]:
    """Return the paths but those in a folder of `root` with more than MOST_FILES, and what is left out."""
    parts = [path.relative_to(root).parts for path in paths]
    sizes = Counter(folder for folder, *inside in parts if inside)
    crowded = {folder: size for folder, size in sizes.items() if size > MOST_FILES}
    kept = [path for path, (folder, *_) in zip(paths, parts, strict=True) if folder not in crowded]
    return kept, [_crowded(root / folder, size) for folder, size in crowded.items()]


def _crowded(folder: Path, size: int) -> str:
    return (
        f"{folder.name} is not graded: it has {size:,} files, and one learner's folder at most {MOST_FILES}. "
        f"If it is a whole class, grade it alone: under500 grade {shlex.quote(str(folder))}"
    )


def _found(course: Course, path: Path, root: Path, lab: str) -> Found:
    ids, problem = frozenset(), ""
    try:
        ids = _grade_ids(handed_in(path, root).notebook())
    except NotebookError as error:
        problem = str(error)
    lab = lab or _lab(course, path, ids)
    changed_ns = path.lstat().st_mtime_ns
    return Found(path, *learner_of(path, root, course.labs), lab, problem, changed_ns)


def _lab(course: Course, path: Path, ids: Set[str]) -> str:
    """Return the lab in the file's name, else the lab that shares the most cells with the notebook, or ""."""
    by_name = [lab for lab in course.labs if lab in path.stem]
    if by_name:
        return by_name[0]
    shared = {lab: len(ids & course.lab(lab).ids) for lab in course.labs}
    best = max(shared, key=shared.__getitem__, default="")
    return best if shared.get(best) else ""


def _grade_ids(notebook: NotebookNode) -> frozenset[str]:
    cells = (cell.get("metadata", {}).get("nbgrader", {}) for cell in notebook.cells)
    return frozenset(data["grade_id"] for data in cells if data.get("grade_id"))


def _lab_of_all(found: list[Found]) -> str:
    labs = {one.lab for one in found} - {""}
    return labs.pop() if len(labs) == 1 else ""


def _nearly(path: Path) -> str:
    return (
        f"{path} is not graded: it is an archive, or a notebook that was renamed on its way. Unpack it, or "
        "rename it to end in .ipynb."
    )


def _without_lab(one: Found) -> str:
    reason = one.problem or f"{one.path.name} has no cell of any lab in this course."
    return f"{one.student} is not graded. {reason} Name the lab with --lab."


def _copy(course: Course, root: Path, student: str, lab: str, files: list[Found]) -> Submission:
    """Copy the one of a learner's files that counts."""
    *others, counts = sorted(files, key=lambda one: one.rank)
    target = course.submitted(student, lab)
    if counts.path != target.parent.resolve() / target.name:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)  # nbgrader makes submitted files read-only
            target.write_bytes(handed_in(counts.path, root).stored())
        except OSError as error:
            raise disk_error(target, error) from error
    return Submission(student, lab, target, _remark(root, counts, others) if others else "")


def _remark(root: Path, counts: Found, others: list[Found]) -> str:
    names = ", ".join(sorted(str(other.path.relative_to(root)) for other in others))
    last = "the last notebook in time" if not counts.problem else "the last in time"
    return f"{counts.path.relative_to(root)} was graded, {last}; not graded: {names}."

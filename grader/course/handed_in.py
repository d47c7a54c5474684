"""The reading of handed-in files: each alone, without following a link and without waiting.

A link would let a learner hand in a file that only the grader may read, and a pipe would never end. Whatever
a file is, the result is one learner's: its bytes, or the reason why it was not read.

A course keeps of a notebook what is graded: JupyterLab runs the script of a widget's saved state, and loads
what some outputs name, as soon as an instructor opens the file.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.nbgraderformat import SCHEMA_VERSION

from grader.grading.notebook import NotebookError, parse, require_size
from harness.errors import readable

# What opening a link reports with O_NOFOLLOW, for a file and for a folder.
IS_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)
REFUSED = "under500_refused"  # key in the file that stands for one that could not be copied
MAX_NOTE = 2_000  # bytes of that file
# Else JupyterLab asks for a kernel each time, and nbgrader's extension warns of an old form of its metadata.
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
ONLY_THIS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER = ONLY_THIS | os.O_DIRECTORY


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a learner handed in. `problem` is the reason why `content` could not be read, or ""."""

    name: str
    content: bytes = b""
    problem: str = ""

    def notebook(self) -> NotebookNode:
        """Return the notebook as `grader.grading.notebook.parse` does. Raises NotebookError."""
        if self.problem:
            raise NotebookError(self.problem)
        return parse(self.name, self.content)

    def stored(self) -> bytes:
        """Return the bytes to keep in the course's folder: what is graded, or a note of why nothing is.

        It is a notebook with each cell's id, type, source and grade id, and nothing else of the learner's.
        """
        try:
            content = json.dumps(_readable(self.notebook()), indent=1).encode()
            require_size(self.name, len(content))  # escapes are longer than what they stand for
        except NotebookError as error:
            # No notebook, so that nbgrader refuses it, too.
            return json.dumps({REFUSED: str(error)}).encode()
        return content


def _readable(notebook: NotebookNode) -> dict:
    """Return what `parse` has kept with what JupyterLab and nbgrader ask for when they open it."""
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = SCHEMA_VERSION
    return notebook | {"metadata": KERNEL}


def handed_in(path: Path, within: Path) -> HandedIn:
    """Return what the file `path` contains, in the folder `within`, below which no link is followed."""
    try:
        found = content(path, within)
    except NotebookError as error:
        return HandedIn(path.name, problem=str(error))
    problem = _noted(found)
    return HandedIn(path.name, problem=problem) if problem else HandedIn(path.name, found)


def content(path: Path, within: Path) -> bytes:
    """Return the bytes of a regular file.

    Raises NotebookError for a link, a folder, a pipe, a device, and a file that is too large or unreadable.
    """
    try:
        with os.fdopen(_opened(path, within), "rb") as file:
            found = os.fstat(file.fileno())  # of what was opened; it may grow meanwhile
            _require_regular(path.name, found)
            require_size(path.name, found.st_size)
            return file.read(found.st_size)
    except OSError as error:
        if error.errno in IS_LINK:
            reason = (
                "is a link to another file, or lies in a linked folder: hand in the file itself."
            )
            raise NotebookError(f"{path.name} {reason}") from error
        raise NotebookError(f"{path.name} cannot be read ({error.strerror}).") from error


def require_plain_files(folder: Path) -> None:
    """Raise NotebookError if `folder` is or contains anything but plain files and their folders."""
    if folder.is_symlink():
        raise NotebookError(f"{folder.name} is a link: hand in the folder itself.")
    for parent, folders, files in os.walk(folder):
        for path in (Path(parent, name) for name in (*folders, *files)):
            plain_folder = path.is_dir() and path.suffix != ".ipynb"
            if path.is_symlink() or not (plain_folder or path.is_file()):
                raise NotebookError(
                    f"{path.name} is a link, a pipe or a folder: hand in plain files."
                )


def _noted(content: bytes) -> str:
    """Return the problem that `stored` wrote down, or "". A learner who writes one gets it as a verdict."""
    if not content.startswith(b'{"' + REFUSED.encode()) or len(content) > MAX_NOTE:
        return ""
    with suppress(ValueError, KeyError, RecursionError):  # a learner may have written anything
        problem = json.loads(content)[REFUSED]
        return readable(problem) if isinstance(problem, str) else ""
    return ""


def _opened(path: Path, within: Path) -> int:
    """Return a descriptor of the regular file `path`, opened folder by folder. Raises OSError."""
    *folders, name = path.relative_to(within).parts
    at = os.open(within, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            parent, at = at, os.open(folder, FOLDER, dir_fd=at)
            os.close(parent)
        _require_regular(name, os.stat(name, dir_fd=at, follow_symlinks=False))
        return os.open(name, ONLY_THIS, dir_fd=at)
    finally:
        os.close(at)


def _require_regular(name: str, found: os.stat_result) -> None:
    """Raise NotebookError for a folder or a special file. A link is left to O_NOFOLLOW."""
    if stat.S_ISDIR(found.st_mode):
        raise NotebookError(f"{name} is a folder: hand in the notebook that is in it.")
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISLNK(found.st_mode):
        raise NotebookError(
            f"{name} is a pipe or a device, not a file: hand in the notebook itself."
        )

"""Generation of labs/ from solutions/: `python -m grader.course.release`.

nbgrader generates the labs in a temporary folder, and only differences are written to labs/. Running this
twice changes no byte. No gradebook is left behind, and files without a source are removed.
"""

from __future__ import annotations

import logging
import shutil
import sys
import tempfile
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, PyFileConfigLoader

log = logging.getLogger(__name__)  # nbgrader logs the reason of a failure; its exception has none

SOURCE, RELEASE, CONFIG = "solutions", "labs", "nbgrader_config.py"
# Jupyter's backups, perhaps the only copy of somebody's work, and the page that `make start` writes.
IGNORED = (".ipynb_checkpoints", "my-page.ipynb")


def release(root: Path) -> list[Path]:
    """Update root/labs from root/solutions, and return the files written or removed.

    Raises nbgrader's NbGraderException if a solution notebook cannot be released.
    """
    with tempfile.TemporaryDirectory(prefix="under500-release-") as scratch:
        return _mirror(generate(root, Path(scratch)), root / RELEASE)


def generate(root: Path, scratch: Path) -> Path:
    """Generate the labs from root/solutions in a folder inside `scratch`, and return that folder."""
    shutil.copytree(root / SOURCE, scratch / SOURCE)
    config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    config.merge(_without_gradebook(scratch))
    for lab in sorted(path.name for path in (scratch / SOURCE).iterdir() if path.is_dir()):
        course = CourseDirectory(config=config, assignment_id=lab, log=log)
        GenerateAssignment(coursedir=course, config=config, log=log).start()
    return scratch / RELEASE


def _without_gradebook(scratch: Path) -> Config:
    """Return the settings of `nbgrader generate_assignment --no-db` for the course folder `scratch`."""
    return Config(
        {
            "CourseDirectory": {"root": str(scratch.resolve())},
            "GenerateAssignment": {"no_database": True},
            "SaveCells": {"enabled": False},
        }
    )


def _mirror(fresh: Path, labs: Path) -> list[Path]:
    """Make the tree `labs` equal to the tree `fresh`, and return the changed files."""
    wanted = {path.relative_to(fresh): path.read_bytes() for path in _files(fresh)}
    stale = [path for path in _files(labs) if path.relative_to(labs) not in wanted]
    changed = [labs / name for name, content in wanted.items() if _content(labs / name) != content]
    for path in stale:
        path.unlink()
        _remove_if_empty(path.parent)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[path.relative_to(labs)])
    return sorted([*changed, *stale])


def _files(tree: Path) -> list[Path]:
    files = (path for path in tree.rglob("*") if path.is_file())
    return [path for path in files if not set(IGNORED) & set(path.parts)]


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def main() -> int:
    """Release the labs of this repository, and return the exit status."""
    changed = release(Path(__file__).resolve().parents[2])
    lines = [f"{path.relative_to(path.parents[2])}\n" for path in changed]
    sys.stdout.writelines(lines or ["labs/ is up to date.\n"])
    return 0


if __name__ == "__main__":
    sys.exit(main())

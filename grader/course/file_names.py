"""What the name of a handed-in file tells: whether it is a notebook, and whose."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from grader.course.course import LONGEST_ID

NOTEBOOK = ".ipynb"  # in any case: some mail programs and archives write .IPYNB
NEARLY = (
    ".ipynb.txt",
    ".ipynb.json",
    ".zip",
    ".tar.gz",
    ".7z",
    ".rar",
)  # of browsers, and archives
UNSAFE = re.compile(r"[^\w.@+-]+")  # in a learner's id, which becomes the name of a folder
COPY = re.compile(r"-Copy\d+$")  # Jupyter's name for a copy
# How Google Drive, browsers, Windows and macOS name copies, in this order.
MARK = re.compile(r"^Copy of | ?\(\d+\)$| - Copy$| copy(?: \d+)?$")
# Folders of a whole checkout, handed in as an archive: they name nobody.
CHECKOUT = re.compile(r"labs|solutions|under-?500(?:-[\w.]+)?", re.IGNORECASE)
SOLUTIONS = "solutions"


def is_notebook(name: str) -> bool:
    """Return True for the name of a notebook, except for the file that macOS puts beside it."""
    return name.lower().endswith(NOTEBOOK) and not name.startswith("._")


def is_nearly(name: str) -> bool:
    """Return True for the name of an archive, or of a notebook that was renamed on its way."""
    return name.lower().endswith(NEARLY) and not name.startswith("._")


def learner_of(path: Path, root: Path, labs: Sequence[str]) -> tuple[str, int]:
    """Return the id of the learner whom a path names, and how many folders are above the part that does."""
    names = [_original(path.stem, labs), *(parent.name for parent in path.parents)]
    above, text = next(
        (
            (above, name)
            for above, name in enumerate(names)
            if name not in labs and not (above and CHECKOUT.fullmatch(name))
        ),
        (0, ""),
    )
    for lab in labs:  # alice_01-profile.ipynb
        text = text.removesuffix(lab).removeprefix(lab)
    return _id(text), len(path.relative_to(root).parts) - 1 - above


def _id(text: str) -> str:
    """Return a name as an id, with one spelling of each letter, and short enough for a file."""
    spelled = UNSAFE.sub("-", unicodedata.normalize("NFC", text)).strip("-_. ") or "unknown"
    name = spelled.encode()
    if len(name) <= LONGEST_ID:
        return spelled
    digest = hashlib.sha256(name).hexdigest()[:12]
    return f"{name[: LONGEST_ID - 13].decode(errors='ignore')}-{digest}"


def _original(stem: str, labs: Sequence[str]) -> str:
    """Return a name without the marks of a copy: 01-profile for 01-profile-Copy1 and 01-profile (1)."""
    original = COPY.sub("", stem)
    # Elsewhere (1) may be part of a name: two learners can have the same.
    unmarked = (name for name in _unmarked(original) if name.endswith(tuple(labs)))
    return next(unmarked, original)


def _unmarked(name: str) -> Iterator[str]:
    """Yield the name with one mark of a copy less each time."""
    while (shorter := MARK.sub("", name, count=1)) != name:
        yield (name := shorter)

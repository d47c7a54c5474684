"""What a worker of the fleet does: says who it is, grades a chunk, and keeps one file per submission.

A chunk that is sent again, after a worker was lost or a scheduler restarted, finds the files of what was
finished and grades only the rest. Two workers on the same submission wait for each other at its lock.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from platform import python_version

import nbformat
from filelock import FileLock

import grader
import harness
from grader import secret
from grader.course import records
from grader.course.grade_class import Judge, refereed
from grader.course.judge import lab_grader
from grader.course.records import Record
from grader.grading.lab import lab
from grader.grading.report import Report
from harness import store
from harness.errors import PlainError

Judging = Callable[[], AbstractContextManager[Judge]]
CORES = Path(tempfile.gettempdir()) / "under500-cores.lock"  # of the machine, not of a user
READABLE = 0o644  # by all who grade there
# What decides a verdict besides our own code. The seal of the models is each machine's own.
LIBRARIES = ("numpy", "torch", "transformers", "llama-cpp-python", "nbformat", "distributed")
CODE = ("*.py", "*.toml", "*.yaml", "*.json")


class DifferentWorkerError(PlainError):
    """A worker would not grade as we do; the message says what differs."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What has to be the same on every worker. code: hash of both packages. key: of the secret, shortened."""

    code: str
    key: str
    versions: Mapping[str, str]

    def differs(self, other: Identity) -> str:
        """What `other` has otherwise, in words; "" when nothing."""
        pairs = {"this project's code": (self.code, other.code)}
        pairs |= {"the secret in grader/hidden": (self.key, other.key)}
        names = {*self.versions, *other.versions}
        pairs |= {n: (self.versions.get(n, "none"), other.versions.get(n, "none")) for n in names}
        return ", ".join(f"{n} ({b}, not {a})" for n, (a, b) in sorted(pairs.items()) if a != b)


@dataclass(frozen=True, slots=True)
class Item:
    """One submission on its way: lab and restored notebook as JSON. result: where its file belongs."""

    lab: str
    digest: str
    released: str
    notebook: str
    result: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Submissions that travel together. timed: points for speed, so it gets the machine for itself."""

    items: tuple[Item, ...]
    timed: bool


@dataclass(frozen=True, slots=True)
class Referees:
    """Makes the judge of a worker; the same for equal settings, so that a worker makes it once."""

    jailed: bool = True

    def __call__(self) -> AbstractContextManager[Judge]:
        """The referee with what it keeps between submissions."""
        return lab_grader(jailed=self.jailed)


def identity() -> Identity:
    """Of this process."""
    versions = {name: _version(name) for name in LIBRARIES}
    key = hashlib.blake2b(secret.key(), digest_size=4, person=b"under500").hexdigest()
    return Identity(_code(), key, versions | {"python": python_version()})


def told() -> tuple[Identity, float]:
    """Who this worker is, and what its clock says, in s since 1970."""
    return identity(), time.time()


def graded(chunk: Chunk, wanted: Identity, lab_grader: Judging) -> list[dict[str, object]]:
    """The records of a chunk, as plain types, in its order. Raises DifferentWorkerError."""
    if differs := wanted.differs(identity()):
        raise DifferentWorkerError(f"A worker has another {differs}: install the same there.")
    with cores(alone=chunk.timed):
        return [_once(item, _judge(lab_grader)).to_json() for item in chunk.items]


def kept(item: Item) -> Record | None:
    """The result of this very submission, where an earlier worker has left one."""
    found = (records.read(path) for path in places(item))
    return next((one for one in found if one and one.digest == item.digest), None)


def places(item: Item) -> tuple[Path, Path]:
    """Where its result may be: in the course, and on this machine when the course's disk was full."""
    return Path(item.result), store.home() / "results" / f"{item.digest}.json"


def _once(item: Item, judge: Judge) -> Record:
    """From its file when there is one; graded, and then in its file."""
    with _alone(Path(item.result)):
        if found := kept(item):
            return found
        record = Record(item.digest, _report(item, judge), entered=False)
        for path in places(item):
            with suppress(records.DiskError):  # both full: the record that travels is the only one
                records.write(path, record)
                break
        return record


def _report(item: Item, judge: Judge) -> Report:
    released = nbformat.reads(item.released, as_version=4)
    notebook = nbformat.reads(item.notebook, as_version=4)
    return refereed(lab(item.lab, released), notebook, judge)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One worker at a time at a submission, as far as they share the course's folder."""
    with ExitStack() as stack:
        with suppress(OSError):
            if path.parent.is_dir():
                stack.enter_context(FileLock(path.with_name(f".{path.stem}.lock")))
        yield


@contextmanager
def cores(alone: bool) -> Iterator[None]:
    """This machine together with other workers, or alone. The kernel lets go of it when we die."""
    descriptor = _opened(CORES)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def _opened(path: Path) -> int:
    """A descriptor to lock; in a folder with the sticky bit nobody may create what another one has."""
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return os.open(path, os.O_RDONLY | os.O_CREAT, READABLE)


@cache
def _judge(lab_grader: Judging) -> Judge:
    """One for all chunks of this process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(lab_grader())


@cache
def _code() -> str:
    found = hashlib.sha256()
    for package in (harness, grader):
        root = Path(package.__file__).parent
        files = {path for pattern in CODE for path in root.rglob(pattern)}
        for path in sorted(files - set((root / "hidden").rglob("*"))):
            found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return found.hexdigest()[:12]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"

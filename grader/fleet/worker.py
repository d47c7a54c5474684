"""A worker of the fleet: it identifies itself, grades chunks, and keeps one result file per submission.

After a worker was lost or a scheduler restarted, a chunk may be sent again: the worker then finds the result
files of finished submissions and grades only the rest. Two workers with the same submission wait for each
other at its lock.
"""

from __future__ import annotations

import atexit
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any

import nbformat
from filelock import FileLock

import grader
import harness
from grader import secret
from grader.course import records
from grader.course.grade_class import Judge, judge_notebook
from grader.course.judge import lab_grader
from grader.course.records import Record
from grader.exercise.exclusive import BusyError, exclusive
from grader.fleet.in_worker import written
from grader.grading.lab import lab
from grader.grading.report import Report, not_graded
from harness import store

JudgeFactory = Callable[[], AbstractContextManager[Judge]]
CORES_S = 4 * 3600.0  # a chunk of the longest notebooks on a slow machine, several times
CORES = "under500-cores.lock"
# The libraries that a verdict depends on. The models' seal is not compared: it differs by machine.
LIBRARIES = ("numpy", "torch", "transformers", "llama-cpp-python", "nbformat", "distributed")
CODE = ("*.py", "*.toml", "*.yaml", "*.json")


@dataclass(frozen=True, slots=True)
class Identity:
    """Everything that must be the same on every worker.

    `code` is a hash of both packages, `key` a short hash of the secret, `versions` those of the libraries.
    """

    code: str
    key: str
    versions: Mapping[str, str]

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Identity:
        """Return the identity from plain types. Raises KeyError, TypeError or ValueError for others."""
        versions = {str(name): str(version) for name, version in values["versions"].items()}
        return cls(str(values["code"]), str(values["key"]), versions)

    def difference(self, other: Identity) -> str:
        """Return a description of what `other` has instead, or "" if nothing differs."""
        pairs = {"version of this project's code": (self.code, other.code)}
        pairs |= {"secret in grader/hidden": (self.key, other.key)}
        names = {*self.versions, *other.versions}
        pairs |= {n: (self.versions.get(n, "none"), other.versions.get(n, "none")) for n in names}
        return ", ".join(f"{n} ({b}, not {a})" for n, (a, b) in sorted(pairs.items()) if a != b)


@dataclass(frozen=True, slots=True)
class Item:
    """A submission as sent to a worker.

    `released` and `notebook` are the lab and the merged notebook as JSON; `result` is the result file's path.
    """

    lab: str
    digest: str
    released: str
    notebook: str
    result: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """Submissions that are sent together. If `timed`, the worker needs the machine for itself."""

    items: tuple[Item, ...]
    timed: bool


@dataclass(frozen=True, slots=True)
class RefereeFactory:
    """A factory for a worker's judge. Equal settings compare equal, so a worker creates its judge once."""

    jailed: bool = True

    def __call__(self) -> AbstractContextManager[Judge]:
        """Return the referee with its state between submissions, as a context manager."""
        return lab_grader(jailed=self.jailed)


def identity() -> Identity:
    """Return the identity of this process."""
    versions = {name: _version(name) for name in LIBRARIES}
    key = hashlib.blake2b(secret.key(), digest_size=4, person=b"under500").hexdigest()
    return Identity(_code(), key, versions | {"python": python_version()})


def identify() -> bytes:
    """Return this process's identity and its clock in seconds since 1970, as JSON."""
    return written({"identity": asdict(identity()), "clock": time.time()})


def grade_chunk(chunk: Chunk, expected: Identity, judge_factory: JudgeFactory) -> dict[str, object]:
    """Grade a chunk and return {"records": in the chunk's order}, or {"refused": why}, as plain types.

    If the machine does not become free, the records say so and have no points. A worker that differs from
    `expected` refuses. It never raises: an exception would be sent as a pickle, which nobody would load.
    """
    if difference := expected.difference(identity()):
        return {"refused": f"A worker has another {difference}: install the same there."}
    try:
        return {"records": [record.to_json() for record in _graded(chunk, judge_factory)]}
    except Exception as error:
        return {"refused": f"A grading process failed ({type(error).__name__}: {error})."}


def _graded(chunk: Chunk, judge_factory: JudgeFactory) -> list[Record]:
    try:
        with cores(alone=chunk.timed):
            return [_grade_once(item, _judge(judge_factory)) for item in chunk.items]
    except BusyError as error:
        return [_ungraded(item, str(error)) for item in chunk.items]


def saved_result(item: Item) -> Record | None:
    """Return the result that an earlier worker saved for exactly this submission, or None."""
    saved = (records.read(path) for path in result_paths(item))
    return next((record for record in saved if record and record.digest == item.digest), None)


def result_paths(item: Item) -> tuple[Path, Path]:
    """Return the paths of a result: in the course, and on this machine if the course's disk is full."""
    return Path(item.result), store.home() / "results" / f"{item.digest}.json"


def _grade_once(item: Item, judge: Judge) -> Record:
    """Return the saved result; if there is none, grade the submission and save the result."""
    with _locked(Path(item.result)):
        if saved := saved_result(item):
            return saved
        record = Record(item.digest, _report(item, judge), entered=False)
        for path in result_paths(item):
            with suppress(records.DiskError):  # if both disks are full, only the sent record exists
                records.write(path, record)
                break
        return record


def _ungraded(item: Item, why: str) -> Record:
    """Return the record of a submission without a verdict; it is kept nowhere, so the next run grades it."""
    grades = lab(item.lab, nbformat.reads(item.released, as_version=4)).grades.values()
    report = not_graded(item.lab, ((grade.id, grade.points) for grade in grades), why)
    return Record(item.digest, report, entered=False)


def _report(item: Item, judge: Judge) -> Report:
    released = nbformat.reads(item.released, as_version=4)
    notebook = nbformat.reads(item.notebook, as_version=4)
    return judge_notebook(lab(item.lab, released), notebook, judge)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock a result file against other workers, if they share the course's folder."""
    with ExitStack() as stack:
        with suppress(OSError):
            if path.parent.is_dir():
                stack.enter_context(FileLock(path.with_name(f".{path.stem}.lock")))
        yield


@contextmanager
def cores(alone: bool) -> Iterator[None]:
    """Reserve this machine's cores, shared with other workers or exclusively (`alone`).

    Raises BusyError and OSError as `exclusive` does.
    """
    with exclusive(CORES, CORES_S, shared=not alone):
        yield


@cache
def _judge(judge_factory: JudgeFactory) -> Judge:
    """Return the judge that all chunks of this process share."""
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(judge_factory())


@cache
def _code() -> str:
    digest = hashlib.sha256()
    for package in (harness, grader):
        root = Path(package.__file__).parent
        files = {path for pattern in CODE for path in root.rglob(pattern)}
        for path in sorted(files - set((root / "hidden").rglob("*"))):
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "not installed"

"""A limit on what this process unpickles: the few types that a fleet needs, and nothing that can run code.

Dask sends Python objects as pickles, and a pickle can name any function to call. The instructor's process and
the scheduler therefore check every name before it is loaded, with Python's audit event `pickle.find_class`,
which also covers unpickling inside libraries. A worker returns plain data, which needs no name at all.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import UnpicklingError

FLEET = "grader.fleet.worker"
ALLOWED = frozenset(
    {
        # a task, as Dask sends it from client to scheduler
        ("dask._expr", "Expr._reconstruct"),
        ("dask._expr", "LLGExpr"),
        ("dask._task_spec", "Task"),
        ("dask._task_spec", "List"),
        ("dask._task_spec", "Dict"),
        *(("builtins", kind) for kind in ("dict", "list", "tuple", "set", "str", "int", "float")),
        # a task that failed, and a worker that was lost
        (
            "builtins",
            "bytes",
        ),  # the type of a pickled exception, which stays bytes if it names anything else
        ("collections", "defaultdict"),
        ("collections", "deque"),
        ("distributed.core", "Status"),
        ("distributed.scheduler", "KilledWorker"),
        ("distributed.scheduler", "WorkerState"),
        # ours, without side effects when they are created
        (FLEET, "grade_chunk"),
        (FLEET, "identify"),
        (FLEET, "Chunk"),
        (FLEET, "Item"),
        (FLEET, "Identity"),
        (FLEET, "RefereeFactory"),
        ("grader.fleet.noise", "measure"),
    }
)
_depth = 0  # of the blocks in progress; a hook cannot be removed, so it is added once
_added = False


@contextmanager
def data_only() -> Iterator[None]:
    """Let nothing in this process unpickle a name that is not in ALLOWED, for the duration of the block.

    Inside of it, such a pickle raises UnpicklingError.
    """
    global _depth, _added
    if not _added:
        sys.addaudithook(_audit)
        _added = True
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if _depth and event == "pickle.find_class" and arguments not in ALLOWED:
        raise UnpicklingError(f"A pickle names {'.'.join(map(str, arguments))}: it was not loaded.")

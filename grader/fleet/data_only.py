"""A limit on what this process loads from a fleet: data only, and no function that has a side effect.

Dask sends Python objects as pickles. A pickle can name any function or class, call it, and change a class's
attributes. The instructor's process and the scheduler therefore check every name before it is loaded, with
Python's audit event `pickle.find_class`, which also covers unpickling inside libraries.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pickle import UnpicklingError
from typing import Any

from distributed import Status
from distributed.protocol import core

# The instructor's process: a result is plain data, which needs no name, and an exception stays a pickle, in
# bytes. Even a class that only holds data would be too much: a pickle can replace its methods for this
# process. Those of a built-in type cannot be replaced.
RESULTS = frozenset({("builtins", "bytes")})
# A scheduler: a task, as Dask sends it. Its function does nothing outside of a worker.
TASKS = frozenset(
    {
        ("dask._expr", "Expr._reconstruct"),
        ("dask._expr", "LLGExpr"),
        ("dask._task_spec", "Task"),
        ("grader.fleet.in_worker", "in_worker"),
    }
)
_admitted: list[frozenset[tuple[str, str]]] = []  # of the blocks in progress
_hooked = False  # a hook cannot be removed, so it is added once
_decode = core.msgpack_decode_default


@contextmanager
def data_only(names: frozenset[tuple[str, str]] = RESULTS) -> Iterator[None]:
    """Let nothing in this process unpickle a name that is not in `names`, for the duration of the block.

    Inside of it, such a pickle raises UnpicklingError.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_audit)
        _hooked = True
    _admitted.append(names)
    before, core.msgpack_decode_default = core.msgpack_decode_default, _decoded
    try:
        yield
    finally:
        core.msgpack_decode_default = before
        _admitted.remove(names)


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event == "pickle.find_class" and not all(arguments in names for names in _admitted):
        raise UnpicklingError(f"A pickle names {'.'.join(map(str, arguments))}: it was not loaded.")


def _decoded(values: Mapping[str, Any]) -> object:
    """Decode a part of a message as Dask does, but for a value of any enumeration except `Status`.

    Dask's own function returns any attribute of what its modules import, such as `os.system`.
    """
    if "__Enum__" in values:
        return Status[values["name"]]
    return _decode(values)

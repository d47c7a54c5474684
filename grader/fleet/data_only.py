"""A limit on what this process loads from a fleet: data only, and no function that has a side effect.

Dask sends Python objects as pickles. A pickle can name any function or class, call it, and change a class's
attributes. The instructor's process and the scheduler therefore check every name before it is loaded, with
Python's audit event `pickle.find_class`, which also covers unpickling inside libraries. A pickle changes
nothing that it may name, imports nothing, and has a limited number of parts.
"""

from __future__ import annotations

import pickletools
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pickle import UnpicklingError
from threading import local
from typing import Any, NoReturn

from dask._expr import Expr, LLGExpr
from distributed import Status, client
from distributed.protocol import core
from distributed.protocol import pickle as dask_pickle

from grader.fleet.in_worker import in_worker

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
# A chunk of reports has some thousand parts. Python does not limit the depth at which it hashes a tuple:
# 200,000 levels crash the process.
MOST_PARTS, MOST_TUPLES = 1_000_000, 10_000
_admitted: list[frozenset[tuple[str, str]]] = []  # of the blocks in progress
_hooked = False  # a hook cannot be removed, so it is added once
_this_thread = local()  # `loading` is True while it loads a pickle
_decode, _load = core.msgpack_decode_default, dask_pickle.loads


@contextmanager
def data_only(names: frozenset[tuple[str, str]] = RESULTS) -> Iterator[None]:
    """Let nothing in this process unpickle a name that is not in `names`, for the duration of the block.

    Inside of it, such a pickle raises UnpicklingError.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(_audit)
        # The class `Task` needs none: its own method takes the state of an instance only.
        for named in (Expr._reconstruct, LLGExpr, in_worker):
            named.__setstate__ = _unchanged
        _hooked = True
    _admitted.append(names)
    with ExitStack() as stack:
        stack.callback(_admitted.remove, names)
        _replace(stack, core, "msgpack_decode_default", _decoded)
        for module in (dask_pickle, client):
            _replace(stack, module, "loads", _loaded)
        yield


def _replace(stack: ExitStack, module: object, name: str, value: object) -> None:
    stack.callback(setattr, module, name, getattr(module, name))
    setattr(module, name, value)


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event == "pickle.find_class" and not all(arguments in names for names in _admitted):
        name = ".".join(map(str, arguments))
        raise UnpicklingError(f"A pickle names {name!r}: it was not loaded.")
    if event == "import" and getattr(_this_thread, "loading", False):
        raise UnpicklingError(f"A pickle would import {arguments[0]!r}: it was not loaded.")


def _unchanged(*_: object) -> NoReturn:
    """Raise UnpicklingError. As `__setstate__`, it is what a pickle calls to set attributes."""
    raise UnpicklingError("A pickle would change what it names: it was not loaded.")


def _loaded(pickled: bytes, *, buffers: Any = ()) -> object:
    """Load a pickle as Dask does, and import nothing meanwhile. Raises UnpicklingError if it is too long."""
    tuples = 0
    for parts, (code, _, _) in enumerate(pickletools.genops(BytesIO(pickled))):
        tuples += code.name.startswith(("TUPLE", "FROZENSET"))
        if parts > MOST_PARTS or tuples > MOST_TUPLES:
            raise UnpicklingError("A pickle has too many parts: it was not loaded.")
    _this_thread.loading = True
    try:
        return _load(pickled, buffers=buffers)
    finally:
        _this_thread.loading = False


def _decoded(values: Mapping[str, Any]) -> object:
    """Decode a part of a message as Dask does, but for a value of any enumeration except `Status`.

    Dask's own function returns any attribute of what its modules import, such as `os.system`.
    """
    if "__Enum__" in values:
        return Status[values["name"]]
    return _decode(values)

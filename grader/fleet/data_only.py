"""A limit on what this process loads from a fleet: bytes, and in a scheduler its tasks.

Dask sends Python objects as pickles. A pickle can name any function or class, call it, and change a class's
attributes; even one without a name can describe more data than fits into memory. The instructor's process
therefore unpickles nothing: what others send as an object arrives as bytes. The scheduler checks every name
before it is loaded, with Python's audit event `pickle.find_class`, which also covers unpickling inside
libraries. A pickle changes nothing that it may name, imports nothing, and has a limited number of parts.
"""

from __future__ import annotations

import pickletools
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BytesIO
from pickle import UnpicklingError
from threading import local
from typing import Any, NoReturn

from dask._expr import Expr, LLGExpr
from distributed import Status, client
from distributed.comm import tcp
from distributed.protocol import core
from distributed.protocol import pickle as dask_pickle

from grader.fleet.in_worker import MOST_BYTES, in_worker

Names = frozenset[tuple[str, str]]
NOTHING: Names = frozenset()  # the instructor's process
# A scheduler: a task, as Dask sends it. Its function does nothing outside of a worker.
TASKS = frozenset(
    {
        ("dask._expr", "Expr._reconstruct"),
        ("dask._expr", "LLGExpr"),
        ("dask._task_spec", "Task"),
        ("grader.fleet.in_worker", "in_worker"),
    }
)
# Of a task's pickle, which has a hundred parts. Python does not limit the depth at which it hashes a tuple:
# 200,000 levels crash the process.
MOST_PARTS, MOST_TUPLES = 1_000_000, 10_000
_admitted: list[Names] = []  # of the blocks in progress
_hooked = False  # a hook cannot be removed, so it is added once
_this_thread = local()  # `loading` is True while it loads a pickle
_decode, _load = core.msgpack_decode_default, dask_pickle.loads
_read, _unpack = tcp.read_bytes_rw, tcp.unpack_frames


@contextmanager
def data_only(names: Names = NOTHING) -> Iterator[None]:
    """Let nothing in this process unpickle a name that is not in `names`, for the duration of the block.

    Inside of it, such a pickle raises UnpicklingError. Without names, so does Dask for every pickle, and a
    message of more than MOST_BYTES raises ValueError before it is read.
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
        _replace(stack, core, "decompress", _uncompressed)
        _replace(stack, core, "merge_and_deserialize", _joined)
        if not names:
            _replace(stack, tcp, "read_bytes_rw", _short)
            _replace(stack, tcp, "unpack_frames", _short_frames)
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
    if not all(_admitted):
        raise UnpicklingError("A pickle was sent in the place of bytes: it was not loaded.")
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


def _joined(header: object, frames: Sequence[Any], deserializers: object = None) -> bytes:
    """Return an object of a message as the bytes that it was sent as, whatever the header says it is."""
    return b"".join(frames)


def _uncompressed(header: Mapping[str, Any], frames: Sequence[Any]) -> Sequence[Any]:
    """Return frames as they are. Raises UnpicklingError if they are compressed, as no honest one is."""
    if any(header["compression"]):
        raise UnpicklingError("A message is compressed: it was not loaded.")
    return frames


async def _short(stream: Any, size: int) -> Any:
    if size > MOST_BYTES:
        raise ValueError(f"A message of {size} bytes is too long: it was not read.")
    return await _read(stream, size)


def _short_frames(packed: Any, **options: bool) -> Any:
    """Return the frames that a message begins with, and the sizes of those that are not read yet."""
    found, sizes = _unpack(packed, **options)
    if sum(sizes) > MOST_BYTES:
        raise ValueError(f"Parts of {sum(sizes)} bytes are too long: they were not read.")
    return found, sizes


def _decoded(values: Mapping[str, Any]) -> object:
    """Decode a part of a message as Dask does, but for a value of any enumeration except `Status`.

    Dask's own function returns any attribute of what its modules import, such as `os.system`.
    """
    if "__Enum__" in values:
        return Status[values["name"]]
    return _decode(values)

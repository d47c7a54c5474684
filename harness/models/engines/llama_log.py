"""What llama.cpp says while it works: kept instead of printed to the terminal from C.

One complaint of ggml, about weights that are not numbers, bypasses its log. It is left alone: pointing the
process's stderr elsewhere would also swallow the progress bars of other threads.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import llama_cpp
from llama_cpp import _logger as python_binding

_one_at_a_time = threading.RLock()  # llama.cpp has one log for the whole process


@contextmanager
def kept() -> Iterator[list[str]]:
    """The lines llama.cpp logs inside the block, oldest first; afterwards its log is as it was before.

    Run long calls in a thread of their own: Ctrl-C on the main thread would otherwise be raised inside the
    callback, where ctypes drops it.
    """
    lines: list[str] = []

    @llama_cpp.llama_log_callback
    def keep(_level: int, text: bytes, _data: ctypes.c_void_p) -> None:
        lines.append(text.decode(errors="replace").rstrip("\n"))

    with _one_at_a_time:
        before = _current()
        llama_cpp.llama_log_set(keep, ctypes.c_void_p(0))
        try:
            yield lines
        finally:
            llama_cpp.llama_log_set(
                *before
            )  # `keep` is still alive here: C never calls a freed one


def _current() -> tuple[object, ctypes.c_void_p]:
    """The callback in use and its data; bindings that cannot say so have never had but their own."""
    callback, data = llama_cpp.llama_log_callback(), ctypes.c_void_p()
    if not hasattr(llama_cpp, "llama_log_get"):
        return python_binding.llama_log_callback, data
    llama_cpp.llama_log_get(ctypes.byref(callback), ctypes.byref(data))
    return callback, data

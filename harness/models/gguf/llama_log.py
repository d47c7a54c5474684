"""Capture of llama.cpp's log, which it would otherwise print to the terminal from C.

One message of ggml, about weights that are not finite, bypasses its log. It is not captured: redirecting the
process's stderr would also swallow the progress bars of other threads.
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
def captured_log() -> Iterator[list[str]]:
    """Yield a list of the lines that llama.cpp logs inside the block, oldest first; then restore its log.

    Run long calls in a thread of their own: on the main thread, Ctrl-C would be raised inside the callback,
    where ctypes drops it.
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
            # `keep` is still alive here, so C never calls a freed callback.
            llama_cpp.llama_log_set(*before)


def _current() -> tuple[object, ctypes.c_void_p]:
    """Return the current callback and its data; older bindings cannot tell and always use their own."""
    callback, data = llama_cpp.llama_log_callback(), ctypes.c_void_p()
    if not hasattr(llama_cpp, "llama_log_get"):
        return python_binding.llama_log_callback, data
    llama_cpp.llama_log_get(ctypes.byref(callback), ctypes.byref(data))
    return callback, data

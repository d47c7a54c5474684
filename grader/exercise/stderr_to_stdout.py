"""Redirection of stderr to stdout, because nbgrader counts any text on stderr as a mistake.

nbgrader gives zero points to a grade cell with any text on stderr, even if every check passed: a
warning, a progress bar or a line that llama.cpp writes from C. Its setting `IgnorePattern` helps
when an instructor grades, but not when a learner runs `nbgrader validate`. This helps in both cases.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

STDOUT, STDERR = 1, 2


@contextmanager
def stderr_to_stdout() -> Iterator[None]:
    """Send everything written to stderr inside the block to stdout: no text and no points are lost."""
    with _descriptor(), _diverted(sys.stderr), redirect_stderr(sys.stdout):
        yield


@contextmanager
def _descriptor() -> Iterator[None]:
    """Point file descriptor 2 at the target of 1, for text written by C code and child processes."""
    sys.stderr.flush()
    saved = os.dup(STDERR)
    os.dup2(STDOUT, STDERR)
    try:
        yield
    finally:
        os.dup2(saved, STDERR)
        os.close(saved)


@contextmanager
def _diverted(stream: object) -> Iterator[None]:
    """Divert writes through existing references to `stream`, which every logging handler has."""
    before = stream.write
    stream.write = sys.stdout.write
    try:
        yield
    finally:
        stream.write = before

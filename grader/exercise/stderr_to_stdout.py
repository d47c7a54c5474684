"""Noise on stderr is not a mistake.

nbgrader gives zero points to a grade cell with any text on stderr, even if every check passed: a
warning, a progress bar or a line that llama.cpp writes from C. Its setting `IgnorePattern` cures
that when an instructor grades, but not when a learner runs `nbgrader validate`. This cures both.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

STDOUT, STDERR = 1, 2


@contextmanager
def stderr_to_stdout() -> Iterator[None]:
    """Inside the block, what goes to stderr comes out on stdout: nothing lost, nothing zeroed."""
    with _descriptor(), _held(sys.stderr), redirect_stderr(sys.stdout):
        yield


@contextmanager
def _descriptor() -> Iterator[None]:
    """Send file descriptor 2 where 1 goes, for what is written from C and by child processes."""
    sys.stderr.flush()
    kept = os.dup(STDERR)
    os.dup2(STDOUT, STDERR)
    try:
        yield
    finally:
        os.dup2(kept, STDERR)
        os.close(kept)


@contextmanager
def _held(stream: object) -> Iterator[None]:
    """Divert writes of those that kept a reference to `stream`, as every logging handler does."""
    before = stream.write
    stream.write = sys.stdout.write
    try:
        yield
    finally:
        stream.write = before

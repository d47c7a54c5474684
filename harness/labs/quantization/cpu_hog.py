"""A busy neighbour: another program that wants the same cores, as there always is one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

FOR_EVER = "while True: pass"


@contextmanager
def cpu_hog(cores: int = 1) -> Iterator[None]:
    """Inside the block, so many cores are kept busy by processes of their own; they end with it."""
    started = [subprocess.Popen([sys.executable, "-c", FOR_EVER]) for _ in range(cores)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()

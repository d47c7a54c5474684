"""A CPU hog: processes that compete for the cores, as other programs on a server do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ENDLESS_LOOP = "while True: pass"


@contextmanager
def cpu_hog(cores: int = 1) -> Iterator[None]:
    """Keep `cores` cores busy, with one process each, for the duration of the block."""
    processes = [subprocess.Popen([sys.executable, "-c", ENDLESS_LOOP]) for _ in range(cores)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()

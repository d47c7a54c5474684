"""Wait for a quiet machine."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from tqdm import tqdm

from harness.measure.machine import busy
from harness.measure.machine.busy import Busy

PATIENCE_S = 60.0  # most of what a first start leaves behind, such as written files, takes less


def flush() -> None:
    """Write what is still in the system's memory to the disk, so that it is not written meanwhile."""
    if hasattr(os, "sync"):  # not on Windows
        os.sync()


def wait_for_quiet(
    say: Callable[[str], None],
    patience_s: float = PATIENCE_S,
    clock: Callable[[], float] = time.perf_counter,
) -> Busy:
    """Return the machine's load as soon as it is low, or after `patience_s`; a look takes a second."""
    load = busy.busy()
    if not load.too_busy:
        return load
    say(f"Waiting up to {patience_s:.0f} s for a quiet machine: {load.sentence()}")
    started = clock()
    with tqdm(total=round(patience_s), unit="s", desc="waiting", leave=False) as bar:
        while load.too_busy and (waited := clock() - started) < patience_s:
            bar.update(round(waited) - bar.n)
            load = busy.busy()
    return load

"""A thread of its own for products in bfloat16, so that llama.cpp can go on in the caller's.

Where the processor has AMX, torch changes the tile configuration of the thread that multiplies in bfloat16 or
int8. llama.cpp sets it once for each thread, and its next product there would end the process with SIGILL.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Result = TypeVar("Result")


def in_own_thread(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, computed in another thread, with gradients only if they are on here.

    Raises what `work` raises.
    """
    grad = torch.is_grad_enabled()

    def begun() -> Result:
        with torch.set_grad_enabled(grad):
            return work()

    with ThreadPoolExecutor(1) as another:
        return another.submit(begun).result()

"""The peak arithmetic of this machine: large matrix products in torch, on all usable cores.

A processor multiplies small numbers faster than large ones where it has instructions for them (VNNI, AMX,
dot products), so each format has its own peak.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from harness.measure.machine.describe import measure_bandwidth, usable_cores
from harness.measure.model_files.roofline import GIGA, MULTIPLY_AND_ADD, Roof
from harness.models.engines.own_thread import in_own_thread

FORMATS = ("fp32", "bf16", "int8")  # from the widest numbers to the narrowest
SIDES = (1024, 2048)  # of the square matrices; fast units need the larger ones to be busy
SLOW_S = 0.05  # a product of the first side that takes longer is not bound by its size
SECONDS = 0.2  # for each format and side: enough for a product that no other program disturbs


@dataclass(frozen=True, slots=True)
class Peaks:
    """What a machine can do at most, as measured.

    bandwidth_gbs: GB/s that all cores together read from an array of `array_bytes`. gflops: format ->
    10**9 operations a second; a format that torch cannot multiply is missing.
    """

    bandwidth_gbs: float
    array_bytes: int
    gflops: dict[str, float]

    def fastest(self, numbers: str) -> str:
        """Return the fastest format in which weights of the format `numbers` can be multiplied.

        It is the format itself or a wider one: int8 numbers can be converted to fp32 without loss.
        """
        wide_enough = FORMATS[: FORMATS.index(numbers) + 1]
        return max((f for f in wide_enough if f in self.gflops), key=self.gflops.__getitem__)

    def roof(self, numbers: str) -> Roof:
        """Return the limits for a pass over weights of the format `numbers`."""
        return Roof(self.bandwidth_gbs, self.gflops[self.fastest(numbers)])


def measure_peaks(array_bytes: int) -> Peaks:
    """Measure for about two seconds. array_bytes: the size of the weights that a request reads.

    An array of that size is used because a large cache may hold a part of it, and of the weights. The
    products run in a thread of their own, see `in_own_thread`.
    """
    bandwidth = measure_bandwidth(size=array_bytes).bandwidth_all_cores_gbs
    return Peaks(bandwidth, array_bytes, in_own_thread(_every_gflops))


def _every_gflops() -> dict[str, float]:
    with _all_cores():
        products = {name: product for name in FORMATS if (product := _product(name))}
        return {name: _gflops(product) for name, product in products.items()}


@contextmanager
def _all_cores() -> Iterator[None]:
    """Let torch use every core: a peak of fewer, as with OMP_NUM_THREADS=1, would give too high floors."""
    before = torch.get_num_threads()
    torch.set_num_threads(usable_cores())
    try:
        yield
    finally:
        torch.set_num_threads(before)


Product = Callable[[int], Callable[[], object]]  # side -> a function that multiplies


def _product(name: str) -> Product | None:
    """Return the product of square matrices in one format; None if this torch has none on the CPU."""
    product = (
        _int8
        if name == "int8"
        else _floats(getattr(torch, {"fp32": "float32"}.get(name, "bfloat16")))
    )
    try:
        product(SIDES[0])()
    except (AttributeError, NotImplementedError, RuntimeError):  # older versions, other processors
        return None
    return product


def _floats(dtype: torch.dtype) -> Product:
    def product(side: int) -> Callable[[], object]:
        a = torch.ones(side, side, dtype=dtype)
        return lambda: a @ a

    return product


def _int8(side: int) -> Callable[[], object]:
    a = torch.ones(side, side, dtype=torch.int8)
    return lambda: torch._int_mm(a, a)  # the only product of int8 matrices that torch exports


def _gflops(product: Product) -> float:
    best = 0.0
    for side in SIDES:
        seconds = _best_s(product(side))
        best = max(best, MULTIPLY_AND_ADD * side**3 / seconds / GIGA)
        if seconds > SLOW_S:
            break
    return round(best)


@torch.inference_mode()
def _best_s(multiply: Callable[[], object]) -> float:
    multiply()
    best, end = float("inf"), time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        started = time.perf_counter()
        multiply()
        best = min(best, time.perf_counter() - started)
    return best

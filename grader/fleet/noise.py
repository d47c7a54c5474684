"""Noise of a fleet's machines: the spread of the yardstick's latency on each, while nothing else runs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from statistics import median

from distributed import Client, Future, wait

from grader.fleet.in_worker import answer, in_worker, packed
from grader.fleet.scheduler_client import LONGEST_TEXT
from grader.fleet.scheduler_connection import LOST
from grader.fleet.worker import cores
from grader.grading import speed_gate
from grader.sandbox.jail import SandboxSpec, why_no_jail

REPEATS = 3  # medians of `paired_run.SOLO` requests each; three is the fewest with a middle one
SEED = 6500
MEASURE_S = 1800.0  # a machine that is not free by then is not the quietest
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MachineNoise:
    """The noise of one machine.

    `ms` holds REPEATS values of the yardstick's end-to-end p50 at the client, in ms. If there is no
    yardstick it is empty, and `reason` says why.
    """

    address: str
    ms: tuple[float, ...]
    reason: str = ""

    @property
    def noise(self) -> float:
        """Return slowest / fastest - 1; infinite without a yardstick."""
        return max(self.ms) / min(self.ms) - 1 if self.ms else float("inf")

    def __str__(self) -> str:
        if not self.ms:
            return f"{self.address} ({self.reason})"
        p50 = f"yardstick {median(self.ms):.0f} ms end-to-end p50"
        return f"{self.address} ({p50}, slowest {self.noise:.0%} above fastest)"


def measure_all(client: Client, addresses: Sequence[str]) -> list[MachineNoise]:
    """Measure several machines at the same time, for MEASURE_S at most."""
    call = packed(measure)
    futures = [
        client.submit(in_worker, call, workers=[address], pure=False) for address in addresses
    ]
    with suppress(TimeoutError, CancelledError), client.as_current():
        wait(futures, timeout=MEASURE_S)
    return [_noise(*pair) for pair in zip(addresses, futures, strict=True)]


def _noise(address: str, measured: Future) -> MachineNoise:
    if measured.status != "finished":
        return MachineNoise(address, (), "it did not answer")
    try:
        values = answer(measured.result())
        ms, reason = tuple(map(float, values["ms"])), values["reason"]
        if len(ms) <= REPEATS and all(0 < one < inf for one in ms) and isinstance(reason, str):
            return MachineNoise(address, ms, reason[:LONGEST_TEXT])
    except LOST:
        raise
    except Exception:  # an answer that cannot be read may raise anything
        log.info("The answer of a worker could not be read.", exc_info=True)
    return MachineNoise(address, (), "its answer is no measurement")


def measure() -> dict[str, object]:
    """Measure this machine and return `ms` and `reason` of MachineNoise as plain types."""
    spec = SandboxSpec(models=True, jailed=not why_no_jail())
    try:
        with cores(alone=True), speed_gate.yardstick(spec, SEED) as ready:
            repeats = (
                speed_gate.measure_solo(ready.session, ready.entry, SEED + number)
                for number in range(1, REPEATS)
            )
            return {"ms": [ready.solo_ms, *repeats], "reason": ""}
    except Exception as error:  # must not be raised: an exception would be sent as a pickle
        return {"ms": [], "reason": str(error)}

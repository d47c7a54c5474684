"""How quiet the machines of a fleet are: the yardstick against itself on each, with nobody else there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from distributed import Client

from grader.fleet.worker import cores
from grader.grading import speed_gate
from grader.grading.paired_run import ALONE, WARM_UP, Lane, alone
from grader.sandbox.jail import SandboxSpec, missing

LOOKS = 3  # medians of ALONE requests each: the fewest with something between the extremes
SEED = 6500


@dataclass(frozen=True, slots=True)
class MachineNoise:
    """One machine. ms: the yardstick's end-to-end p50 at the client, LOOKS times. reason: why none."""

    address: str
    ms: tuple[float, ...]
    reason: str = ""

    @property
    def noise(self) -> float:
        """The slowest look over the fastest, less 1; infinite where there is no yardstick."""
        return max(self.ms) / min(self.ms) - 1 if self.ms else float("inf")

    def __str__(self) -> str:
        if not self.ms:
            return f"{self.address} ({self.reason})"
        middle = sorted(self.ms)[len(self.ms) // 2]
        return f"{self.address} (yardstick {middle:.0f} ms end-to-end p50, {self.noise:.0%} apart)"


def looks(client: Client, addresses: Sequence[str]) -> list[MachineNoise]:
    """Each of them, all at the same time, as they are different machines."""
    return client.gather([client.submit(look, one, workers=[one], pure=False) for one in addresses])


def look(address: str) -> MachineNoise:
    """This machine, under the name of `address`."""
    spec = SandboxSpec(models=True, jailed=not missing())
    try:
        with cores(alone=True), speed_gate.yardstick(spec, SEED) as ready:
            again = (_alone_ms(ready, SEED + number) for number in range(1, LOOKS))
            return MachineNoise(address, (ready.alone_ms, *again))
    except (OSError, speed_gate.NoYardstickError) as error:
        return MachineNoise(address, (), str(error))


def _alone_ms(ready: speed_gate.ReadyYardstick, seed: int) -> float:
    questions = [case.question for case in speed_gate.fresh(WARM_UP + ALONE, seed)]
    with speed_gate.exclusive(), ready.entry.deployed() as client:
        return alone(Lane(client, ready.session.processes), questions)

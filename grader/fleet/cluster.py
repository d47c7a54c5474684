"""Where the fleet works: processes of this machine, or the workers of a Dask scheduler.

One process of each machine has the resource `timing`, so that two races never wait for one machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

import dask
from distributed import Client, Nanny, Scheduler, SpecCluster

from grader.fleet.worker import Identity, told
from harness import knobs, store
from harness.errors import PlainError

TIMING = "timing"
TIMEOUT_S = 60  # for a scheduler that starts again, and for the first worker
SKEW_S = (
    60  # of a clock; no mark depends on one, but the logs of two machines then tell two stories
)
# Dask sets one thread for BLAS and OpenMP. The referee decides about threads, and hands on what is set here.
OURS = {
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536},
    "logging.distributed": "error",  # that a worker comes and goes is no news
    "distributed.comm.timeouts.connect": f"{TIMEOUT_S}s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # the jail has its own limit, and says so to the learner
    "distributed.worker.memory.terminate": False,
}


class FleetError(PlainError):
    """The fleet cannot grade; the message says why. What was finished is kept."""


@contextmanager
def local(processes: int) -> Iterator[Client]:
    """A cluster of this machine for as long as the block lasts."""
    options = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": ":0"}
    scheduler = {"cls": Scheduler, "options": options}
    workers = {
        number: {"cls": Nanny, "options": options}
        for number, options in enumerate(_processes(processes, timing=True))
    }
    with (
        dask.config.set(
            OURS | {"distributed.scheduler.allowed-failures": 1}
        ),  # no network to blame
        SpecCluster(workers, scheduler, silence_logs="ERROR") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def remote(address: str) -> Iterator[Client]:
    """The cluster whose scheduler is there. Raises FleetError."""
    with dask.config.set(OURS):
        try:
            client = Client(address, set_as_default=False, timeout=TIMEOUT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise FleetError(
                f"No scheduler answers at {address}: start one with `dask scheduler`, "
                "and name the address that it prints."
            ) from error
        with client:
            _awaited(client, address)
            yield client


def _awaited(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=TIMEOUT_S)
    except TimeoutError as error:
        raise FleetError(
            f"The scheduler at {address} has no worker: start `under500 worker {address}` on each machine."
        ) from error


def checked(client: Client, ours: Identity) -> list[str]:
    """Remarks on the clocks of the workers. Raises FleetError for a worker that would grade otherwise."""
    _, now = told()
    remarks = []
    for address, (theirs, clock) in client.run(told).items():
        if differs := ours.differs(theirs):
            raise FleetError(
                f"The worker {address} has another {differs}: install the same there, or stop it."
            )
        if abs(clock - now) > SKEW_S:
            remarks.append(
                f"The clock of {address} is {abs(clock - now):.0f} s off. No mark depends on it."
            )
    return remarks


def timers(client: Client) -> list[str]:
    """The addresses of the workers that take timed work."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return sorted(name for name, one in workers.items() if one.get("resources", {}).get(TIMING))


def serve(address: str, processes: int) -> None:
    """Work for the scheduler at `address` until interrupted; when it is gone, wait for it to come back."""
    with dask.config.set(OURS):
        asyncio.run(_served(address, processes))


async def _served(address: str, processes: int) -> None:
    prepared = store.sealed(knobs.path())
    while True:
        async with AsyncExitStack() as stack:
            try:
                nannies = [
                    await stack.enter_async_context(Nanny(address, **options))
                    for options in _processes(processes, timing=prepared)
                ]
            except (OSError, TimeoutError):
                continue  # it was waited for as long as connecting may take
            await asyncio.gather(*(nanny.finished() for nanny in nannies))


def _processes(number: int, timing: bool) -> Sequence[dict[str, object]]:
    """Options of each: one submission at a time, and the first one of a machine takes timed work."""
    one = {"nthreads": 1, "memory_limit": 0, "dashboard": False}
    return [one | {"resources": {TIMING: 1} if timing and n == 0 else {}} for n in range(number)]

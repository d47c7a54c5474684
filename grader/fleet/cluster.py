"""The workers of a fleet: processes of this machine, or the workers of a Dask scheduler.

One process of each machine has the Dask resource `timing`, so two timed submissions never wait for the same
machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager

import dask
from distributed import Client, Nanny, Scheduler, SpecCluster

from grader.fleet.worker import Identity, identify
from harness import knobs, store
from harness.errors import PlainError

TIMING = "timing"
TIMEOUT_S = 60  # for a restarting scheduler, and for the first worker
# A larger difference of clocks is reported: no mark depends on it, but the machines' logs do not line up.
SKEW_S = 60
# Dask's own pre-spawn-environ sets one thread for BLAS and OpenMP, and learners' processes would inherit
# that; the referee sets threads itself.
DASK_CONFIG = {
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536},
    "logging.distributed": "error",  # workers that come and go are normal
    "distributed.comm.timeouts.connect": f"{TIMEOUT_S}s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # the jail has its own limit, which the learner is told
    "distributed.worker.memory.terminate": False,
}


class FleetError(PlainError):
    """The fleet cannot grade; the message says why. Finished results are kept."""


@contextmanager
def local(processes: int) -> Iterator[Client]:
    """Start a cluster on this machine for the duration of the block."""
    options = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": ":0"}
    scheduler = {"cls": Scheduler, "options": options}
    workers = {
        number: {"cls": Nanny, "options": options}
        for number, options in enumerate(_processes(processes, timing=True))
    }
    with (
        # One failure is enough: on one machine, no network can be the cause.
        dask.config.set(DASK_CONFIG | {"distributed.scheduler.allowed-failures": 1}),
        SpecCluster(workers, scheduler, silence_logs="ERROR") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def remote(address: str) -> Iterator[Client]:
    """Connect to the scheduler at `address`. Raises FleetError if it does not answer or has no worker."""
    with dask.config.set(DASK_CONFIG):
        try:
            client = Client(address, set_as_default=False, timeout=TIMEOUT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise FleetError(
                f"No scheduler answers at {address}: start one with `dask scheduler`, "
                "and use the address that it prints."
            ) from error
        with client:
            _wait_for_worker(client, address)
            yield client


def _wait_for_worker(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=TIMEOUT_S)
    except TimeoutError as error:
        raise FleetError(
            f"The scheduler at {address} has no worker: start `under500 worker {address}` on each machine."
        ) from error


def check_workers(client: Client, expected: Identity) -> list[str]:
    """Check that all workers grade as this process does, and return remarks on their clocks.

    Raises FleetError if a worker's code, libraries or secret differ from `expected`.
    """
    _, now = identify()
    remarks = []
    for address, (identity, clock) in client.run(identify).items():
        if difference := expected.difference(identity):
            raise FleetError(
                f"The worker {address} has another {difference}: install the same there, or stop it."
            )
        if abs(clock - now) > SKEW_S:
            remarks.append(
                f"The clock of {address} is {abs(clock - now):.0f} s off. No mark depends on it."
            )
    return remarks


def timing_workers(client: Client) -> list[str]:
    """Return the addresses of the workers that take timed work."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return sorted(
        address for address, info in workers.items() if info.get("resources", {}).get(TIMING)
    )


def serve(address: str, processes: int) -> None:
    """Work for the scheduler at `address` until interrupted; reconnect whenever it is back."""
    with dask.config.set(DASK_CONFIG):
        asyncio.run(_serve(address, processes))


async def _serve(address: str, processes: int) -> None:
    prepared = store.sealed(knobs.path())
    while True:
        async with AsyncExitStack() as stack:
            try:
                nannies = [
                    await stack.enter_async_context(Nanny(address, **options))
                    for options in _processes(processes, timing=prepared)
                ]
            except (OSError, TimeoutError):
                continue  # try again; connecting already waited TIMEOUT_S
            await asyncio.gather(*(nanny.finished() for nanny in nannies))


def _processes(number: int, timing: bool) -> Sequence[dict[str, object]]:
    """Return each process's options: one submission at a time, and timed work for the first only."""
    common = {"nthreads": 1, "memory_limit": 0, "dashboard": False}
    return [common | {"resources": {TIMING: 1} if timing and n == 0 else {}} for n in range(number)]

"""The workers of a fleet: processes of this machine, or the workers of a Dask scheduler.

One process of each machine has the Dask resource `timing`, so two timed submissions never wait for the same
machine.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from ssl import SSLCertVerificationError
from tempfile import TemporaryDirectory
from types import MappingProxyType

import dask
from distributed import Nanny, Security, SpecCluster

from grader import secret
from grader.fleet import handshakes, tls
from grader.fleet.data_only import TASKS, data_only
from grader.fleet.in_worker import answer
from grader.fleet.scheduler_client import LONGEST_TEXT, FleetClient, failure
from grader.fleet.servers import Scheduler, Worker
from grader.fleet.worker import Identity, identify
from harness import knobs, store
from harness.errors import PlainError

TIMING = "timing"
TIMEOUT_S = 60  # for a restarting scheduler, and for the first worker
# Pauses of a worker between attempts to join, doubled each time; a grader waits for it for TIMEOUT_S.
SHORTEST_S, LONGEST_S = 1.0, 30.0
NOT_JOINED = (OSError, TimeoutError, RuntimeError)  # the last is Dask's around any other
# A larger difference of clocks is reported: no mark depends on it, but the machines' logs do not line up.
SKEW_S = 60
# Dask's own pre-spawn-environ sets one thread for BLAS and OpenMP, and learners' processes would inherit
# that; the referee sets threads itself.
DASK_CONFIG = {
    "distributed.comm.compression": False,  # `data_only` refuses it
    "distributed.nanny.pre-spawn-environ": {"MALLOC_TRIM_THRESHOLD_": 65536},
    "logging.distributed": "error",  # workers that come and go are normal
    "distributed.comm.timeouts.connect": f"{TIMEOUT_S}s",
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,  # the jail has its own limit, which the learner is told
    "distributed.worker.memory.terminate": False,
    # Nothing is served by HTTP (see `servers`), so nothing that would be served is loaded.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
SCHEME, PORT = "tls://", 8786


class FleetError(PlainError):
    """The fleet cannot grade; the message says why. Finished results are kept."""


@contextmanager
def _settings(more: Mapping[str, object] = MappingProxyType({})) -> Iterator[None]:
    """Set DASK_CONFIG and `more` during the block, with a folder for Dask that nobody else can write to.

    Its own choice is a fixed name in the shared temporary folder, from which its processes import modules.
    """
    with (
        TemporaryDirectory(prefix="under500-fleet-") as folder,
        dask.config.set({**DASK_CONFIG, **more, "temporary-directory": folder}),
    ):
        yield


@contextmanager
def local(processes: int) -> Iterator[FleetClient]:
    """Start a cluster on this machine for the duration of the block; only its own processes can connect."""
    security = tls.of_this_run()
    options = {"host": "127.0.0.1", "security": security, "dashboard": False}
    scheduler = {"cls": Scheduler, "options": options}
    workers = {
        number: {"cls": Nanny, "options": options | {"host": "127.0.0.1"}}
        for number, options in enumerate(_processes(processes, True, security))
    }
    with (
        # One failure is enough: on one machine, no network can be the cause.
        _settings({"distributed.scheduler.allowed-failures": 1}),
        handshakes.guarded(),
        SpecCluster(workers, scheduler, security=security, silence_logs="ERROR") as cluster,
        FleetClient(cluster, set_as_default=False) as client,
    ):
        yield client


@contextmanager
def remote(address: str) -> Iterator[FleetClient]:
    """Connect to the scheduler at `address`, and load nothing but data from there.

    Raises FleetError if the address is not one of TLS, if no scheduler with the course's secret answers, or
    if it has no worker.
    """
    require_tls(address)
    security = tls.of_secret(secret.key())
    with _settings(), data_only():
        try:
            client = FleetClient(
                address, security=security, set_as_default=False, timeout=TIMEOUT_S
            )
        except (OSError, TimeoutError, ValueError) as error:
            raise FleetError(_why_unconnected(address, error)) from error
        with client:
            _wait_for_worker(client, address)
            yield client


def _why_unconnected(address: str, error: BaseException | None) -> str:
    while error and not isinstance(error, SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error:
        return (
            f"The certificate of the scheduler at {address} is refused ({error.verify_message}). It follows "
            "from the course's secret and does not expire: compare secret, version of this project and date "
            "on both machines."
        )
    return (
        f"No scheduler with this course's secret answers at {address}: start one with "
        "`under500 scheduler`, and use the address that it prints."
    )


def require_tls(address: str) -> None:
    """Raise FleetError if `address` is not an address of TLS."""
    if not address.startswith(SCHEME):
        raise FleetError(
            f"{address} is not encrypted: use the address that `under500 scheduler` prints, such as "
            f"{SCHEME}10.0.0.5:{PORT}."
        )


def _wait_for_worker(client: FleetClient, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=TIMEOUT_S)
    except TimeoutError as error:
        raise FleetError(
            f"The scheduler at {address} has no worker: start `under500 worker {address}` on each machine."
        ) from error


def check_workers(client: FleetClient, expected: Identity) -> list[str]:
    """Check that all workers grade as this process does, and return remarks on their clocks.

    Raises FleetError if a worker's code, libraries or secret differ from `expected`, or if it cannot say.
    """
    now = time.time()
    remarks = []
    for address, sent in _identities(client).items():
        identity, clock = _said(address, sent)
        if difference := expected.difference(identity):
            raise FleetError(
                f"The worker {address} has another {difference[:LONGEST_TEXT]}: install the same there, "
                "or stop it."
            )
        if abs(clock - now) > SKEW_S:
            remarks.append(
                f"The clock of {address} is {abs(clock - now):.0f} s off. No mark depends on it."
            )
    return remarks


def _said(address: str, sent: object) -> tuple[Identity, float]:
    """Return a worker's identity and clock. Raises FleetError if its answer is something else."""
    try:
        values = answer(sent)
        return Identity.from_json(values["identity"]), float(values["clock"])
    except Exception as error:  # it may be anything
        raise FleetError(
            f"The worker {address} does not say what it has installed: install the same there, or stop it."
        ) from error


def _identities(client: FleetClient) -> dict[str, object]:
    """Return each worker's `identify`. Raises FleetError, or OSError or TimeoutError without an answer."""
    try:
        return client.run(identify)
    except (OSError, TimeoutError):
        raise
    except Exception as error:  # one of a version that this process cannot know
        raise FleetError(
            f"A worker cannot say what it has installed ({failure(error)}): install the same as here on each "
            "machine, and restart the workers."
        ) from error


def timing_workers(client: FleetClient) -> list[str]:
    """Return the addresses of the workers that take timed work."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    found = {address: info.get("resources") for address, info in workers.items()}
    # A worker may have said anything.
    return sorted(
        where for where, has in found.items() if isinstance(has, dict) and has.get(TIMING)
    )


def serve(address: str, processes: int, say: Callable[[str], None] = print) -> None:
    """Work for the scheduler at `address` until interrupted; reconnect whenever it is back."""
    require_tls(address)
    with _settings():
        asyncio.run(_serve(address, processes, tls.of_secret(secret.key()), say))


def schedule(host: str, port: int) -> None:
    """Run a scheduler at this address until interrupted. Raises OSError if the address is not free."""
    with _settings(), data_only(TASKS), handshakes.guarded():
        asyncio.run(_schedule(host, port, tls.of_secret(secret.key())))


async def _schedule(host: str, port: int, security: Security) -> None:
    async with Scheduler(host=host, port=port, security=security, dashboard=False) as scheduler:
        await scheduler.finished()


async def _serve(
    address: str, processes: int, security: Security, say: Callable[[str], None]
) -> None:
    options, pause_s = _processes(processes, store.sealed(knobs.path()), security), SHORTEST_S
    while True:
        try:
            async with AsyncExitStack() as stack:
                joined = [await stack.enter_async_context(Nanny(address, **one)) for one in options]
                pause_s = SHORTEST_S
                await asyncio.gather(*(nanny.finished() for nanny in joined))
        except NOT_JOINED:
            if pause_s == SHORTEST_S:
                say(f"No scheduler with this secret answers at {address}: trying until one does.")
        await _pause(pause_s)
        pause_s = min(2 * pause_s, LONGEST_S)


async def _pause(seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)


def _processes(number: int, timing: bool, security: Security) -> Sequence[dict[str, object]]:
    """Return each process's options: one submission at a time, and timed work for the first only."""
    common = {"nthreads": 1, "memory_limit": 0, "security": security, "dashboard": False}
    common |= {"worker_class": Worker}
    return [common | {"resources": {TIMING: 1} if timing and n == 0 else {}} for n in range(number)]

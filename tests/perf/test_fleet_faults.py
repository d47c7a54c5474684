"""Faults of a fleet's machines in the middle of a class, each TRIALS times: nothing is lost or hangs.

Scheduler and workers are processes of their own, connected by TLS with the course's secret.
"""

import os
import signal
import socket
import time
from contextlib import contextmanager, suppress
from functools import partial

import pytest

from grader.fleet import cluster, tls
from grader.fleet import round as rounds
from grader.fleet import scheduler_client as clients
from grader.fleet.cluster import FleetError
from grader.fleet.round import CHUNK
from tests.perf.faulty_class import every, trials
from tests.perf.faulty_scheduler import EXPIRED, PAST, PID, process
from tests.unit.grader.fleet.fleet_hosts import ended, free_port

pytestmark = [pytest.mark.perf, pytest.mark.timeout(300)]

WORKERS = 2
HOUR = 3600


@pytest.fixture(scope="module", autouse=True)
def private_key():
    """Keep the checkout's secret, which scheduler and workers read, too."""


class Machines:
    """A scheduler and WORKERS workers, each with a clock of its own, at one address all the time."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.address = f"tls://127.0.0.1:{self.port}"
        self.clocks = [folder / f"clock{number}" for number in range(1 + WORKERS)]
        for clock in self.clocks:
            clock.write_text("0")
        self.processes = [process(self.clocks[0], "scheduler", self.port, folder)]
        self.processes += [process(c, "worker", self.address) for c in self.clocks[1:]]

    def signal(self, number):
        """Send a signal to the scheduler, which is started again if it ends."""
        os.kill(int((self.folder / PID).read_text()), number)

    def lose(self):
        self.signal(signal.SIGKILL)

    def listening(self):
        """Wait until the scheduler's port is open."""
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)

    @contextmanager
    def connect(self):
        """Connect when all workers are there."""
        with cluster.remote(self.address) as client:
            client.wait_for_workers(WORKERS, timeout=60)
            yield client


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    made = Machines(tmp_path_factory.mktemp("machines"))
    made.listening()
    yield made
    for one in made.processes:
        ended(one)
    made.lose()


@pytest.fixture
def trial(tmp_path, number):
    with trials(tmp_path, number) as made:
        yield made


def impatient(patch):
    """Have less patience than with a real class, and more than a busy machine needs for an answer."""
    patch.setattr(clients, "ANSWER_S", 8.0)
    patch.setattr(rounds, "LOOK_S", 1.0)
    patch.setattr(cluster, "TIMEOUT_S", 8)


@every
def test_the_scheduler_is_lost(trial, number, machines):
    one = trial()
    one.run(machines.connect, machines.lose)
    assert any("scheduler is lost" in line for line in one.said)
    one.whole(lost=WORKERS * 2 * CHUNK)


@every
def test_the_scheduler_stops_answering(trial, number, machines):
    one = trial()
    with pytest.MonkeyPatch.context() as patch:

        def stop():
            impatient(patch)
            machines.signal(signal.SIGSTOP)

        with pytest.raises(FleetError, match="Still open: learner"):
            one.run(machines.connect, stop)
    machines.signal(signal.SIGCONT)
    one.run(machines.connect)
    one.whole(lost=WORKERS * 2 * CHUNK)


@every
def test_the_certificate_has_expired(trial, number, machines):
    """No certificate of a fleet expires, so one is made that has."""
    one, expired = trial(), machines.folder / EXPIRED
    with pytest.MonkeyPatch.context() as patch:

        def expire():
            impatient(patch)
            patch.setattr(tls, "END", PAST)
            expired.touch()
            machines.lose()

        with pytest.raises(FleetError, match=r"certificate.*expired.*Still open: learner"):
            one.run(machines.connect, expire)
    expired.unlink()
    machines.lose()
    one.run(machines.connect)
    one.whole(lost=WORKERS * 2 * CHUNK)


@every
def test_a_clock_is_off_by_an_hour(trial, number, machines):
    """From the start or from the middle; of the scheduler or a worker; fast or slow."""
    one = trial()
    clock, off = one.rng.choice(machines.clocks), one.rng.choice([-HOUR, HOUR])
    change = partial(clock.write_text, str(off))
    try:
        if number % 2:
            change()
        one.run(machines.connect, change)
    finally:
        clock.write_text("0")
    one.whole(lost=WORKERS * 2 * CHUNK)

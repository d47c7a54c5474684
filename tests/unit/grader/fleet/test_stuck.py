"""A machine that does not answer is not waited for, and a worker does not ask a scheduler without a pause."""

import asyncio

import pytest

from grader.fleet import cluster as fleet_cluster
from grader.fleet import noise
from grader.fleet.cluster import local
from grader.fleet.noise import measure_all

NOBODY = "tls://127.0.0.1:9"  # no worker has this address


@pytest.fixture(autouse=True)
def private_key():
    """Keep the checkout's secret, which the workers' processes read, too."""


@pytest.fixture(scope="module")
def cluster():
    with local(1) as client:
        yield client


def test_a_machine_that_does_not_answer_is_not_waited_for(cluster, monkeypatch):
    monkeypatch.setattr(noise, "MEASURE_S", 0.3)
    [machine] = measure_all(cluster, [NOBODY])
    assert machine.noise == float("inf")
    assert "did not answer" in str(machine)


class Nanny:
    """A worker's process that joins on the fifth attempt, and is then interrupted."""

    attempts = 0

    def __init__(self, address, **_):
        Nanny.attempts += 1

    async def __aenter__(self):
        if Nanny.attempts < 5:
            raise RuntimeError("Nanny failed to start.") from OSError("refused")
        return self

    async def __aexit__(self, *_):
        pass

    async def finished(self):
        raise asyncio.CancelledError


def test_a_worker_waits_longer_after_each_attempt_and_says_so_once(monkeypatch):
    pauses, said = [], []

    async def pause(seconds):
        pauses.append(seconds)

    monkeypatch.setattr(fleet_cluster, "Nanny", Nanny)
    monkeypatch.setattr(fleet_cluster, "_pause", pause)
    monkeypatch.setattr(fleet_cluster, "LONGEST_S", 4.0)
    with pytest.raises(asyncio.CancelledError):
        fleet_cluster.serve(NOBODY, 1, said.append)
    assert pauses == [1, 2, 4, 4]
    assert len(said) == 1 and NOBODY in said[0]

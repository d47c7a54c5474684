"""A fleet gives the verdicts of one grader, faster."""

from contextlib import contextmanager
from functools import partial

import pytest
from distributed import LocalCluster

from grader.fleet import cluster
from grader.fleet.scheduler_client import FleetClient
from tests.perf import class_of_thirty as thirty
from tests.unit.grader.fleet.fleet_hosts import (
    NET,
    Scheduler,
    ended,
    hosts,
    why_no_hosts,
    worker,
)

pytestmark = [pytest.mark.perf, pytest.mark.timeout(7200)]

FASTER = 1.6  # two workers on two cores against one


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return thirty.made(tmp_path_factory.mktemp("thirty") / "course")


@pytest.fixture(scope="module")
def alone(course):
    return thirty.verdicts(thirty.serial(course)[0])


def test_two_workers_give_the_verdicts_of_one_grader_faster(course, alone):
    times = {"one": [], "two": []}
    for name in ("one", "two", "two", "one"):  # in turns
        found, seconds = getattr(thirty, name)(course)
        assert thirty.verdicts(found) == alone
        times[name].append(seconds)
    ratio = sum(times["one"]) / sum(times["two"])
    print(f"\n{thirty.SIZE} submissions, one worker / two workers: {ratio:.2f} ({times})")
    assert ratio >= FASTER


def without_tls():
    """Return a plain cluster of two, which only a test starts: its ports are open to everybody."""
    options = {"n_workers": 2, "threads_per_worker": 1, "resources": {cluster.TIMING: 1}}
    return LocalCluster(protocol="tcp", host="127.0.0.1", dashboard_address=None, **options)


@contextmanager
def open_client():
    with (
        cluster._settings(),
        without_tls() as open_cluster,
        FleetClient(open_cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.parametrize("connect", [partial(cluster.local, 4), open_client], ids=["4", "no TLS"])
def test_other_clusters_give_the_verdicts_of_one_grader(course, alone, connect):
    found, seconds = thirty.fleet(course, connect)
    print(f"\n{thirty.SIZE} submissions: {seconds:.0f} s")
    assert thirty.verdicts(found) == alone


@pytest.mark.skipif(bool(why_no_hosts()), reason=why_no_hosts() or "hosts can be emulated")
def test_two_hosts_give_the_verdicts_of_one_grader(course, alone):
    with hosts(2) as inside:
        scheduler = Scheduler(f"{NET}.1")
        scheduler.wait()
        workers = [worker(str(scheduler.token), inside=host) for host in inside]
        try:
            found, seconds = thirty.fleet(course, partial(two_workers, scheduler.address))
        finally:
            for process in workers:
                ended(process)
            scheduler.kill()
    print(f"\n{thirty.SIZE} submissions on two emulated hosts: {seconds:.0f} s")
    assert thirty.verdicts(found) == alone


@contextmanager
def two_workers(address):
    with cluster.remote(address) as client:
        client.wait_for_workers(2, timeout=120)
        yield client

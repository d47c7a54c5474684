"""A fleet gives the verdicts of one grader, faster, and loses nothing in 20 trials of each failure."""

import os
import random
import signal
import sqlite3
import subprocess
from contextlib import contextmanager, suppress
from functools import partial

import pytest

from grader.course import gradebook, records
from grader.course.grade_class import Batch
from grader.fleet import cluster
from grader.fleet.cluster import local
from grader.fleet.run import CHUNK, Fleet
from harness import store
from tests.perf import class_of_thirty as thirty
from tests.unit.grader.course.small_course import LAB, handed_in, small_course, submit
from tests.unit.grader.fleet.fleet_hosts import (
    NET,
    Scheduler,
    ended,
    hosts,
    remote,
    why_no_hosts,
    worker,
)
from tests.unit.grader.fleet.fleet_judges import Noted, done

pytestmark = [pytest.mark.perf, pytest.mark.timeout(7200)]

TRIALS = int(os.environ.get("TRIALS") or 20)
SIZE = 30
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
    print(f"\n{SIZE} submissions, one worker / two workers: {ratio:.2f} ({times})")
    assert ratio >= FASTER


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
    print(f"\n{SIZE} submissions on two emulated hosts: {seconds:.0f} s")
    assert thirty.verdicts(found) == alone


@contextmanager
def two_workers(address):
    with cluster.remote(address) as client:
        client.wait_for_workers(2, timeout=120)
        yield client


class Trial:
    """A class of thirty with a fast judge, and a failure at step `at`."""

    def __init__(self, folder, number):
        self.rng = random.Random(number)
        self.at = self.rng.randrange(1, SIZE - 8)
        folder.mkdir(parents=True, exist_ok=True)
        self.course = small_course(folder)
        self.ledger = folder.parent / f"{folder.name}.ledger"
        for n in range(SIZE):
            submit(self.course, f"learner{n:02}", handed_in(str(n % 21), str(n % 16)))
        gradebook.register(self.course, LAB)

    def fleet(self, connect):
        noted = Noted(str(self.ledger), 0.05)
        return Fleet(Batch(self.course), connect, noted, say=lambda _: None)

    def run(self, connect, breaks=lambda: None):
        """Grade to the end with a failure on the way; no submission is entered twice."""
        entered = set()
        for number, step in enumerate(self.fleet(connect).run(self.course.submissions())):
            if number == self.at:
                breaks()
            assert step.record is not None
            assert step.submission.student not in entered
            entered.add(step.submission.student)

    def whole(self, lost=0):
        """Check that all marks are in the gradebook, and that at most `lost` submissions were judged twice.

        Those are submissions whose results were lost with their worker.
        """
        for n in range(SIZE):
            scores = gradebook.entries(self.course, f"learner{n:02}", LAB).scores
            assert scores == {"01-q1": n % 21, "01-q2": float(min(15, n % 16))}, n
            assert records.read(self.course.record(f"learner{n:02}", LAB)).entered
        assert SIZE <= len(done(self.ledger)) <= SIZE + lost


@pytest.fixture
def trial(tmp_path, request, monkeypatch):
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "of a trial")
    # Results are saved there if a course's disk is full; a parallel trial has the same notebooks.
    monkeypatch.setenv(store.HOME_VARIABLE, str(tmp_path / "home"))
    return lambda: Trial(tmp_path / "class", request.node.callspec.params["number"])


every = pytest.mark.parametrize("number", range(TRIALS))


@every
def test_a_worker_is_killed(trial, number):
    clients = []

    @contextmanager
    def connect():
        with local(2) as client:
            clients.append(client)
            yield client

    def kill():
        pids = sorted(clients[-1].run(os.getpid).values())
        with suppress(ProcessLookupError):
            os.kill(one.rng.choice(pids), signal.SIGKILL)

    one = trial()
    one.run(connect, kill)
    one.whole(lost=CHUNK)


@every
def test_the_scheduler_is_restarted(trial, number):
    one = trial()
    with remote(2) as scheduler:

        def restart():
            scheduler.kill()
            scheduler.start()

        one.run(partial(cluster.remote, scheduler.address), restart)
    one.whole()


@every
def test_the_gradebook_is_locked(trial, number, monkeypatch):
    monkeypatch.setattr(gradebook, "TIMEOUT_S", 0)
    one = trial()
    holder = sqlite3.connect(one.course.root / "gradebook.db", isolation_level=None)
    one.run(partial(local, 2), partial(holder.execute, "BEGIN EXCLUSIVE"))
    holder.execute("ROLLBACK")
    holder.close()
    one.run(partial(local, 1))
    one.whole()


def why_no_disk():
    return "" if os.geteuid() == 0 else "a small disk is a tmpfs, and mounting one needs root"


@every
@pytest.mark.skipif(bool(why_no_disk()), reason=why_no_disk() or "a small disk can be mounted")
def test_the_disk_is_full(trial, number, tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "under500", folder]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        one = trial()
        one.run(partial(local, 2), partial(fill, folder / "ballast"))
        (folder / "ballast").unlink()
        one.run(partial(local, 2))
        one.whole()
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(path):
    """Fill the disk."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)

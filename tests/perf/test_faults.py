"""Faults in the middle of a class, each TRIALS times: nothing is lost, entered twice or worth other points.

`make faults TRIALS=20`. A trial grades thirty submissions with a judge that takes 20 ms, and has its fault at
a random submission; the class is then graded to the end by the same command.
"""

import os
import random
import signal
import sqlite3
import subprocess
import time
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import dask
import pytest
from distributed.utils import get_mp_context

from grader.course import gradebook, records
from grader.course.course import load_course
from grader.course.grade_class import Batch
from grader.fleet.cluster import local
from grader.fleet.run import CHUNK, Fleet
from harness import store
from tests.unit.grader.course.small_course import LAB, handed_in, small_course, submit
from tests.unit.grader.fleet.fleet_judges import Noted, done

pytestmark = [pytest.mark.perf, pytest.mark.timeout(600)]

TRIALS = int(os.environ.get("TRIALS") or 20)
SIZE, JUDGE_S = 30, 0.02


def fleet(course, ledger, connect, say=lambda _: None):
    return Fleet(Batch(course), connect, Noted(str(ledger), JUDGE_S), say=say)


def grade(root, ledger):
    """Grade a course to the end on two workers, in a process of its own."""
    course = load_course(root)
    list(fleet(course, ledger, partial(local, 2)).run(course.submissions()))


class Trial:
    """A class with a fault at step `at`."""

    def __init__(self, folder, number):
        self.rng = random.Random(number)
        self.at = self.rng.randrange(1, SIZE - 8)
        folder.mkdir(parents=True, exist_ok=True)
        self.course = small_course(folder)
        self.ledger = folder.parent / f"{folder.name}.ledger"
        self.said = []
        for n in range(SIZE):
            submit(self.course, f"learner{n:02}", handed_in(str(n % 21), str(n % 16)))
        gradebook.register(self.course, LAB)

    def run(self, connect, breaks=lambda: None):
        """Grade to the end with a fault on the way; no submission is entered twice."""
        entered = set()
        steps = fleet(self.course, self.ledger, connect, self.said.append)
        for number, step in enumerate(steps.run(self.course.submissions())):
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


@pytest.fixture(scope="module", autouse=True)
def forks():
    """Make local workers forks of a process that has imported everything, which takes seconds."""
    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        get_mp_context().set_forkserver_preload(
            ["distributed", Noted.__module__, "grader.fleet.run"]
        )
        yield


@pytest.fixture
def trial(tmp_path, request, monkeypatch):
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "of a trial")
    # Results are saved there if a course's disk is full; a parallel trial has the same notebooks.
    home = str(tmp_path / "home")
    monkeypatch.setenv(store.HOME_VARIABLE, home)
    with dask.config.set({f"distributed.nanny.environ.{store.HOME_VARIABLE}": home}):
        yield lambda: Trial(tmp_path / "class", request.node.callspec.params["number"])


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
def test_the_grader_is_killed(trial, number):
    one = trial()
    grader = get_mp_context().Process(target=grade, args=(one.course.root, one.ledger))
    grader.start()
    while len(done(one.ledger)) < one.at and grader.is_alive():
        time.sleep(0.005)
    grader.kill()
    grader.join()
    one.run(partial(local, 2))
    one.whole(lost=2 * CHUNK)  # both workers lose what they had


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


@every
@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk is a tmpfs; mounting one needs root")
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


def fill(path: Path):
    """Fill the disk."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)

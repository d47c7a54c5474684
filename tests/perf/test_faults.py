"""Faults in the middle of a class, each TRIALS times: nothing is lost, entered twice or worth other points.

`make faults TRIALS=20`. A trial has its fault at a random submission; the class is then graded to the end by
the same command. Faults of schedulers, certificates and clocks are in `test_fleet_faults.py`.
"""

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from distributed.utils import get_mp_context

from grader.course import gradebook
from grader.course.grade_class import Batch
from grader.fleet.cluster import local
from grader.fleet.round import CHUNK
from tests.perf.faulty_class import every, forked, grade, trials
from tests.unit.grader.fleet.fleet_judges import done

pytestmark = [pytest.mark.perf, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", autouse=True)
def forks():
    with forked():
        yield


@pytest.fixture
def trial(tmp_path, number):
    with trials(tmp_path, number) as made:
        yield made


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
def test_another_grader_has_some_submissions(trial, number):
    one = trial()
    others = one.rng.sample(one.course.submissions(), 5)
    with ExitStack() as locks:
        for submission in others:
            locks.enter_context(Batch(one.course).locked(submission))
        one.run(partial(local, 2), elsewhere=len(others))
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

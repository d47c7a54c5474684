"""A fleet of real worker processes gives the marks of one grader; failures lose and repeat nothing."""

import fcntl
import os
import signal
import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial

import nbformat
import pytest

from grader.course import gradebook
from grader.course.grade_class import Batch, State
from grader.course.gradebook import entries
from grader.exercise import exclusive
from grader.fleet import cluster as fleet_cluster
from grader.fleet import round as rounds
from grader.fleet import run as fleets
from grader.fleet import worker as fleet_worker
from grader.fleet.cluster import FleetError, check_workers, local
from grader.fleet.in_worker import answer, written
from grader.fleet.noise import MachineNoise
from grader.fleet.round import CHUNK
from grader.fleet.run import Fleet
from grader.fleet.worker import Chunk, Identity, Item, grade_chunk, identity
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit
from tests.unit.grader.fleet.fleet_judges import Noted, done

CLASS = 12


@pytest.fixture(autouse=True)
def private_key():
    """Keep the checkout's secret, which the workers' processes read, too."""


@pytest.fixture(scope="module")
def cluster():
    """Two workers for all tests of this module that do not break them."""
    with local(2) as client:
        yield client


@pytest.fixture
def course(small):
    for number in range(CLASS):
        submit(small, f"learner{number:02}", handed_in(str(number), "15"))
    return small


@pytest.fixture
def fleet(course, cluster, tmp_path):
    @contextmanager
    def connect():
        yield cluster

    noted = Noted(str(tmp_path / "ledger"))
    return partial(fleet_of, course, connect, noted)


def fleet_of(course, connect, noted, **how):
    return Fleet(Batch(course, **how), connect, noted, say=lambda line: None)


def graded(fleet):
    return {step.submission.student: step for step in fleet.run(fleet.batch.course.submissions())}


def scores(course, student):
    return entries(course, student, LAB).scores


def whole(course, ledger, students=CLASS, lost=0):
    """Assert that all marks are entered and that every submission was judged to the end once.

    Twice, for as many as `lost` whose results died with their worker before it had sent them.
    """
    for number in range(students):
        assert scores(course, f"learner{number:02}") == {"01-q1": float(number), "01-q2": 15.0}
    judged = done(ledger)
    assert set(judged) == {str(number) for number in range(students)}
    assert len(judged) <= students + lost


def test_a_class_gets_the_marks_of_one_grader(fleet, course):
    submit(course, "none", "no notebook")
    submit(course, "bad", handed_in("!", "15"))
    submit(course, "open", handed_in("20", "?"))
    many = graded(fleet())
    alone = {
        s.submission.student: s for s in Batch(course, judge, again=True).run(course.submissions())
    }
    assert {k: s.record.report for k, s in many.items()} == {
        k: s.record.report for k, s in alone.items()
    }
    assert all(step.record.entered for step in many.values())
    assert "17 of 35 points" in course.feedback("learner02", LAB).read_text()


def test_a_second_run_grades_only_what_is_new(fleet, course, tmp_path):
    graded(fleet())
    submit(course, "learner03", handed_in("20", "15"))
    steps = graded(fleet())
    assert [s for s in steps.values() if s.state is State.GRADED] == [steps["learner03"]]
    assert done(tmp_path / "ledger").count("20") == 1
    assert len(done(tmp_path / "ledger")) == CLASS + 1


def test_an_interrupted_run_continues_after_what_its_workers_finished(fleet, course, tmp_path):
    steps = fleet().run(course.submissions())
    next(steps)
    steps.close()  # Ctrl-C: up to four chunks are out there, some of them finished later
    graded(fleet())
    for number in range(CLASS):
        assert scores(course, f"learner{number:02}")["01-q1"] == number
    assert set(done(tmp_path / "ledger")) == {str(number) for number in range(CLASS)}


def test_a_submission_locked_by_another_grader_is_skipped(fleet, course):
    batch = Batch(course)
    with batch.locked(course.submissions()[5]):
        steps = graded(fleet())
    assert steps["learner05"].state is State.ELSEWHERE
    assert graded(fleet())["learner05"].state is State.GRADED


def test_a_new_submission_during_grading_is_graded_again(fleet, course, tmp_path):
    one = fleet()
    steps = one.run(course.submissions())
    next(steps)  # chunks are out
    submit(course, "learner06", handed_in("19", "15"))
    found = {step.submission.student: step for step in steps}
    assert found["learner06"].record.report.points == 34
    assert scores(course, "learner06")["01-q1"] == 19


def test_a_locked_gradebook_is_reported_and_the_next_run_enters_without_grading(
    fleet, course, tmp_path, monkeypatch
):
    monkeypatch.setattr(gradebook, "TIMEOUT_S", 0)
    gradebook.register(course, LAB)
    steps = fleet().run(course.submissions())
    first = next(steps)
    with locked(course):
        rest = list(steps)
    assert first.record.entered
    assert all("locked" in step.record.note for step in rest)
    graded(fleet())
    whole(course, tmp_path / "ledger")


@contextmanager
def locked(course):
    holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


def test_a_full_disk_is_reported_and_the_next_run_enters_what_was_graded(
    fleet, course, tmp_path, monkeypatch
):
    from grader.course import records

    real = records.write_atomically
    full = []

    def write_atomically(path, text):
        if full and str(course.root / "records") in str(path):
            raise records.DiskError("The disk is full.")
        real(path, text)

    monkeypatch.setattr(records, "write_atomically", write_atomically)
    steps = fleet().run(course.submissions())
    next(steps)
    full.append(True)
    assert all("disk is full" in step.record.note for step in steps)
    full.clear()
    assert all(step.record.entered for step in graded(fleet()).values())
    whole(course, tmp_path / "ledger")


def test_a_killed_worker_loses_nothing(course, tmp_path):
    clients = []

    @contextmanager
    def connect():
        with local(2) as client:
            clients.append(client)
            yield client

    one = fleet_of(course, connect, Noted(str(tmp_path / "ledger"), 0.1))
    for number, step in enumerate(one.run(course.submissions())):
        assert step.record.entered
        if number == 1:
            kill(clients[0])
    whole(course, tmp_path / "ledger", lost=CHUNK)


def kill(client):
    """Return the first worker that there is; its nanny starts another one."""
    pid = next(iter(client.run(os.getpid).values()))
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_a_lost_scheduler_loses_nothing(course, cluster, tmp_path):
    """It is lost and comes back during the run; `make perf` does it with processes of their own, 20 times."""
    clients, said = [], []

    @contextmanager
    def connect():
        if clients:
            yield cluster
            return
        with local(1) as client:
            clients.append(client)
            yield client

    noted = Noted(str(tmp_path / "ledger"), 0.1)
    one = Fleet(Batch(course), connect, noted, say=said.append)
    for number, step in enumerate(one.run(course.submissions())):
        assert step.record.entered
        if number == 1:
            clients[0].cluster.close()
    assert len(said) == 1 and "scheduler" in said[0]
    whole(course, tmp_path / "ledger")


def test_a_notebook_that_kills_every_worker_is_not_graded_and_affects_no_other(course, tmp_path):
    submit(course, "end", handed_in("x", "15"))
    with local(2) as client:

        @contextmanager
        def connect():
            yield client

        found = graded(fleet_of(course, connect, Noted(str(tmp_path / "ledger"), 0.0)))
    assert "failed, not you" in found["end"].record.report.marks[0].reason
    assert scores(course, "end") == {"01-q1": None, "01-q2": None}
    whole(course, tmp_path / "ledger")


def test_a_worker_with_another_library_is_refused(fleet, monkeypatch):
    ours = identity()
    other = Identity(ours.code, ours.key, dict(ours.versions) | {"numpy": "1.0"})
    monkeypatch.setattr("grader.fleet.scheduler_connection.identity", lambda: other)
    with pytest.raises(FleetError, match="numpy"):
        graded(fleet())


def test_a_clock_that_is_off_is_reported(cluster):
    real = answer(fleet_cluster.identify())
    ahead = written(real | {"clock": real["clock"] + 3600})

    class Client:
        @staticmethod
        def run(_):
            return {"tcp://there": ahead}

    [remark] = check_workers(Client(), identity())
    assert "3600 s" in remark


def test_a_missing_scheduler_raises_fleet_error(monkeypatch):
    monkeypatch.setattr(fleet_cluster, "TIMEOUT_S", 1)
    with (
        pytest.raises(FleetError, match="No scheduler"),
        fleet_cluster.remote("tls://127.0.0.1:9"),
    ):
        pass


def test_timed_labs_need_a_whole_machine():
    from grader.fleet.run import needs_whole_machine

    assert needs_whole_machine("10-capstone")
    assert not needs_whole_machine("01-profile")
    assert not needs_whole_machine(OTHER)


def test_undecided_submissions_are_timed_again_on_the_quietest_machine(
    fleet, course, cluster, tmp_path, monkeypatch
):
    submit(course, "open", handed_in("17", "?"))
    [timer], every = fleet_cluster.timing_workers(cluster), list(cluster.nthreads())
    [other] = set(every) - {timer}
    said = []
    machines = [MachineNoise(other, (500, 700, 600)), MachineNoise(timer, (500, 505, 501))]
    monkeypatch.setattr(fleets, "needs_whole_machine", lambda lab: lab == LAB)
    monkeypatch.setattr(fleets, "timing_workers", lambda client: every)
    monkeypatch.setattr(fleets, "measure_all", lambda client, addresses: machines)
    steps = graded(replace(fleet(), say=said.append))
    assert len(steps) == CLASS + 1
    assert steps["open"].record.report.queued  # undecided twice: it waits for another day
    assert done(tmp_path / "ledger").count("17") == 2
    assert len(done(tmp_path / "ledger")) == CLASS + 2
    assert said[-1].endswith(timer)
    assert "40%" in said[0]


def test_without_a_machine_for_timed_work_it_says_what_to_run(fleet, course, monkeypatch):
    monkeypatch.setattr(fleets, "needs_whole_machine", lambda lab: True)
    monkeypatch.setattr(rounds, "timing_workers", lambda client: [])
    with pytest.raises(FleetError, match="under500 prepare"):
        graded(fleet())


def test_timed_work_has_the_machine_for_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(exclusive, "SHARED", tmp_path)
    lock = tmp_path / fleet_worker.CORES
    with fleet_worker.cores(alone=False), fleet_worker.cores(alone=False):
        descriptor = os.open(lock, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
    with fleet_worker.cores(alone=True):
        descriptor = os.open(lock, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        os.close(descriptor)


def test_a_machine_that_is_never_free_gives_no_points_and_says_so(small, tmp_path, monkeypatch):
    monkeypatch.setattr(exclusive, "SHARED", tmp_path)
    monkeypatch.setattr(fleet_worker, "CORES_S", 0.0)
    item = Item(LAB, "digest", nbformat.writes(small.released(LAB)), "{}", "nowhere/result.json")
    with fleet_worker.cores(alone=True):
        [record] = grade_chunk(Chunk((item,), timed=False), identity(), None)["records"]
    assert {mark["points"] for mark in record["report"]["marks"]} == {None}
    assert "cores.lock" in record["report"]["marks"][0]["reason"]

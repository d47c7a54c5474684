"""A scheduler that refuses, forgets or does not answer: the class is graded, or the run says what is open."""

import asyncio
import pickle
from dataclasses import replace
from fractions import Fraction
from functools import partial

import pytest
from distributed import scheduler as dask_scheduler
from distributed.protocol import to_serialize

from grader import secret
from grader.course.grade_class import Batch
from grader.course.gradebook import entries
from grader.fleet import cluster, tls
from grader.fleet import round as rounds
from grader.fleet import run as runs
from grader.fleet import scheduler_client as clients
from grader.fleet.cluster import FleetError
from grader.fleet.data_only import TASKS, data_only
from grader.fleet.run import Fleet
from grader.fleet.scheduler_client import failure
from tests.unit.grader.course.small_course import LAB, handed_in, submit
from tests.unit.grader.fleet.fleet_judges import Noted, done

SIZE = 10
NOBODY = "tls://127.0.0.1:9"  # no worker has this address

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def private_key():
    """Keep the checkout's secret, which the worker's process reads, too."""


@pytest.fixture(scope="module")
def there():
    """A scheduler with one worker; the client on it has the same secret."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tls, "of_this_run", lambda: tls.of_secret(secret.key()))
        with cluster.local(1) as client:
            client.wait_for_workers(1)
            yield client


@pytest.fixture
def scheduler(there):
    return there.cluster.scheduler


@pytest.fixture
def course(small):
    for number in range(SIZE):
        submit(small, f"learner{number:02}", handed_in(str(number), "15"))
    return small


@pytest.fixture
def said():
    return []


@pytest.fixture
def fleet(course, there, said, tmp_path, monkeypatch):
    """A fleet on this scheduler, over TLS and as data only; the scheduler is in the same process."""
    monkeypatch.setattr(cluster, "data_only", partial(data_only, TASKS))
    connect = partial(cluster.remote, there.scheduler.address)
    return Fleet(Batch(course), connect, Noted(str(tmp_path / "ledger")), said.append)


def whole(fleet, tmp_path):
    """Grade the class; each submission is judged once, and has its mark."""
    steps = list(fleet.run(fleet.batch.course.submissions()))
    assert sorted(step.submission.student for step in steps) == [
        f"learner{number:02}" for number in range(SIZE)
    ]
    for number in range(SIZE):
        scores = entries(fleet.batch.course, f"learner{number:02}", LAB).scores
        assert scores == {"01-q1": float(number), "01-q2": 15.0}
    assert sorted(done(tmp_path / "ledger"), key=int) == [str(n) for n in range(SIZE)]


@pytest.fixture
def quick(monkeypatch):
    """Look at the tasks without a pause, and wait shortly for everything."""
    monkeypatch.setattr(rounds, "LOOK_S", 0.1)
    monkeypatch.setattr(rounds, "NOBODY_S", 0.5)


def refusing(real, calls):
    """Return `real`, which raises at these calls."""
    counted = iter(range(1_000))

    def call(*arguments, **named):
        if next(counted) in calls:
            raise RuntimeError("This scheduler has another version.")
        return real(*arguments, **named)

    return call


@pytest.mark.parametrize("calls", [{0}, {1}, set(range(100))], ids=["first", "second", "all"])
def test_a_task_that_the_scheduler_refuses_is_graded_here(
    fleet, said, tmp_path, monkeypatch, calls
):
    monkeypatch.setattr(dask_scheduler, "deserialize", refusing(dask_scheduler.deserialize, calls))
    whole(fleet, tmp_path)
    [line] = said
    assert "different environments" in line and "learner0" in line


def forgotten(scheduler, monkeypatch):
    """Let the scheduler forget every task that it gets."""

    async def forget(**_):
        pass

    monkeypatch.setitem(scheduler.stream_handlers, "update-graph", forget)


def test_a_task_that_the_scheduler_forgets_is_graded_here(
    fleet, scheduler, said, tmp_path, monkeypatch, quick
):
    forgotten(scheduler, monkeypatch)
    whole(fleet, tmp_path)
    assert "does not know" in said[0]


def test_a_scheduler_that_does_not_answer_is_reported_with_what_is_open(
    fleet, scheduler, said, tmp_path, monkeypatch, quick
):
    async def silent(**_):
        await asyncio.sleep(60)

    forgotten(scheduler, monkeypatch)
    monkeypatch.setitem(scheduler.handlers, "get_task_status", silent)
    monkeypatch.setattr(clients, "ANSWER_S", 2.0)
    with pytest.raises(FleetError, match=r"lost 4 times.*Still open: learner00 \(01-small\)"):
        list(fleet.run(fleet.batch.course.submissions()))
    assert not done(tmp_path / "ledger")


def test_a_message_that_cannot_be_read_loses_nothing(fleet, scheduler, said, tmp_path):
    steps = fleet.run(fleet.batch.course.submissions())
    first = next(steps)
    for client in list(scheduler.client_comms):
        scheduler.report({"op": "key-in-memory", "key": to_serialize(Fraction(1))}, client=client)
    students = [first.submission.student, *(step.submission.student for step in steps)]
    assert sorted(students) == [f"learner{number:02}" for number in range(SIZE)]


def test_a_notebook_that_kills_every_worker_is_not_graded_on_another_machine(
    fleet, tmp_path, monkeypatch
):
    monkeypatch.setattr(rounds, "CHUNK", 1)  # a worker's restart takes seconds
    course = fleet.batch.course
    submit(course, "end", handed_in("x", "15"))
    steps = {s.submission.student: s for s in fleet.run(course.submissions())}
    assert "failed, not you" in steps["end"].record.report.marks[0].reason
    assert entries(course, "end", LAB).scores == {"01-q1": None, "01-q2": None}


def test_without_a_worker_the_class_is_graded_here(fleet, said, tmp_path, monkeypatch, quick):
    real = rounds.Round._send
    monkeypatch.setattr(
        rounds.Round, "_send", lambda one, chunk: real(replace(one, workers=(NOBODY,)), chunk)
    )
    whole(fleet, tmp_path)
    assert "no worker has taken it" in said[0]


def test_what_cannot_be_graded_here_stays_open(fleet, scheduler, tmp_path, monkeypatch, quick):
    """No jail on the instructor's machine: nothing is graded there, and no mark becomes zero."""

    def grade_nothing(chunk, *_):
        return {"refused": "A grading process failed (NoJailError: there is no jail)."}

    forgotten(scheduler, monkeypatch)
    monkeypatch.setattr(runs, "grade_chunk", grade_nothing)
    with pytest.raises(FleetError, match=r"no jail.*Still open: learner00.*learner09"):
        list(fleet.run(fleet.batch.course.submissions()))
    assert not done(tmp_path / "ledger")
    assert all(records_missing(fleet))


def records_missing(fleet):
    """Yield whether a submission has no record, and no lock that is still held."""
    for submission in fleet.batch.course.submissions():
        with fleet.batch.locked(submission) as free:
            yield free and not fleet.batch.course.record(submission.student, LAB).exists()


def test_an_exception_is_told_without_loading_it():
    told = pickle.dumps(RuntimeError("This scheduler has another version."))
    assert failure(Exception(told)) == "This scheduler has another version."
    assert failure(Exception(b"no pickle")) == "an exception that is not loaded"
    assert failure(ValueError("plain")) == "ValueError: plain"


def test_of_a_long_exception_only_the_beginning_is_read(monkeypatch):
    """A worker sends it, and each of its parts takes time and memory."""
    read = []
    real = clients.pickletools.genops
    monkeypatch.setattr(clients.pickletools, "genops", lambda told: read.append(told) or real(told))
    told = pickle.dumps(["begun", *range(10**6)])
    assert failure(Exception(told)) == "begun"
    assert max(map(len, read)) == clients.MOST_READ

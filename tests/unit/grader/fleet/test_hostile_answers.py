"""A worker's answer ends no run: what cannot be read, or is no report, leaves its submissions open."""

import json
import pickle
from contextlib import contextmanager
from unittest.mock import Mock

import pytest

from grader.course import records
from grader.course.grade_class import Batch, judge_submission
from grader.course.records import Record
from grader.fleet import scheduler_connection
from grader.fleet.cluster import FleetError, check_workers, timing_workers
from grader.fleet.in_worker import MOST_BYTES, answer, written
from grader.fleet.noise import _noise
from grader.fleet.round import FRAGILE, INVALID, Round, Task, Ungraded, reports
from grader.fleet.scheduler_connection import Connection
from grader.fleet.submissions import SubmissionQueue
from grader.fleet.worker import RefereeFactory, identify, identity
from tests.unit.grader.course.small_course import judge


def nested(depth):
    """Return a list of lists that Python cannot write as text."""
    inner = []
    for _ in range(depth):
        inner = [inner]
    return inner


def answering(answer):
    """Return a finished task whose result is `answer`, or which raises it when the result is read."""
    result = {"side_effect": answer} if isinstance(answer, Exception) else {"return_value": answer}
    return Mock(status="finished", result=Mock(**result))


UNREADABLE = {
    "pickle": pickle.UnpicklingError(),
    "memory": MemoryError(),
    "plain": {"refused": "no"},
    "shared": {"records": [[1.0] * 1_000] * 1_000},
    "text": "{}",
    "nothing": b"",
    "cut": b'{"refused": "n',
    "utf-8": b'{"refused": "\xff"}',
    "deep": b'{"refused":' + b"[" * 10**6,
    "digits": b'{"refused": ' + b"1" * 5_000 + b"}",
    "long": b'{"refused": "' + b"n" * MOST_BYTES + b'"}',
}


@pytest.mark.parametrize("answer", UNREADABLE.values(), ids=UNREADABLE)
def test_an_answer_that_cannot_be_read_leaves_its_submission_open(small, locked, answer):
    queue = SubmissionQueue(Batch(small, judge))
    one = Round(queue, Mock(), RefereeFactory(), [], Ungraded())
    task = answering(answer)
    one.running[task] = Task([locked])
    [step] = one._handle(task)
    assert {(mark.points, mark.reason) for mark in step.record.report.marks} == {(None, INVALID)}


def test_a_lost_scheduler_is_no_unreadable_answer(locked):
    one = Round(Mock(), Mock(), RefereeFactory(), [], Ungraded())
    task = answering(OSError())
    one.running[task] = Task([locked])
    with pytest.raises(OSError):
        list(one._handle(task))
    assert task in one.running


def test_who_was_beside_the_submission_that_ends_workers_is_tried_alone_before_it_is_given_up(
    small, locked, monkeypatch
):
    monkeypatch.setattr("grader.fleet.round.is_lost_worker", lambda error: True)
    monkeypatch.setattr("grader.fleet.round.packed", Mock())
    queue, sent = SubmissionQueue(Batch(small, judge)), Mock(status="error")
    connection = Mock(**{"client.submit.return_value": sent, "client.status": "running"})
    one = Round(queue, connection, RefereeFactory(), [], Ungraded(), n_workers=1)
    beside = Mock(status="error")
    one.running[beside] = Task([locked])
    assert list(one._handle(beside)) == [] and one.suspects == [locked]
    assert list(one._fill(iter([]))) == [] and one.running[sent].alone and not one.suspects
    [step] = one._handle(sent)
    assert {mark.reason for mark in step.record.report.marks} == {FRAGILE}


def test_the_reason_of_a_refusal_is_short(locked):
    with pytest.raises(FleetError) as raised:
        reports({"refused": "no" * 10**6}, [locked])
    assert len(str(raised.value)) < 1_000


WRONG_MARKS = [
    {"pairs": [[10**400, 10**400]]},
    {"pairs": [[1e-300, 1.0]]},
    {"pairs": [[1.0, 1.0]] * 10**5},
    {"right": [10**5000, 10**5001]},
    {"right": [0.5, 1]},
    {"queued": b"yes"},
    {"reason": "x" * 10**6},
    {"outcome": nested(100_000)},
]
WRONG_REPORTS = [
    {"errors": [{"cell": "a", "error": "b", "own": b"yes"}]},
    {"errors": [{"cell": "a", "error": "b", "own": True}] * 10**5},
    {"errors": [{"cell": "a", "error": "x" * 10**6, "own": True}]},
    {"errors": [{"cell": "a", "error": "x" * 10**5, "own": True}] * 11},
    {"errors": [{"cell": 5, "error": "b", "own": True}]},
    {"jail": "x" * 10**6},
    {"jail": 5},
]


def marked(locked, mark=(), report=()):
    """Return a worker's answer of one record with these changes in its first mark and its report."""
    _, honest = judge_submission(locked.snapshot, judge)
    values = json.loads(json.dumps(Record(locked.item.digest, honest, entered=False).to_json()))
    values["report"].update(report)
    values["report"]["marks"][0].update(mark)
    return {"records": [values]}


@pytest.mark.parametrize("changes", WRONG_MARKS, ids=lambda one: next(iter(one)))
def test_a_mark_that_cannot_be_written_or_shown_is_no_report(locked, changes):
    assert reports(marked(locked, mark=changes), [locked]) == [None]


@pytest.mark.parametrize("changes", WRONG_REPORTS, ids=lambda one: next(iter(one)))
def test_a_report_that_cannot_be_written_or_shown_is_none(locked, changes):
    assert reports(marked(locked, report=changes), [locked]) == [None]


def test_an_honest_timed_mark_is_a_report(locked):
    timed = {"pairs": [[412.5, 430]] * 60, "right": [230, 240], "queued": True}
    [report] = reports(marked(locked, mark=timed), [locked])
    assert report.marks[0].right == (230, 240)


UNMEASURED = [
    *({"ms": [0.0], "reason": ""}, {"ms": [float("nan")], "reason": ""}, {}, None),
    *({"ms": [10**400], "reason": ""}, {"ms": [], "reason": 5}),
]


@pytest.mark.parametrize("said", [*map(written, UNMEASURED), pickle.UnpicklingError()], ids=str)
def test_an_answer_that_is_no_measurement_is_not_the_quietest(said):
    machine = _noise("tls://10.0.0.5:1", answering(said))
    assert machine.noise == float("inf")
    assert "no measurement" in str(machine)


def test_a_measurement_counts():
    machine = _noise(
        "tls://10.0.0.5:1", answering(written({"ms": [500.0, 510.0, 550.0], "reason": ""}))
    )
    assert machine.noise == pytest.approx(0.1)


WRONG_IDENTITIES = [{"clock": 10**400}, {"clock": None}, {"identity": 5}, {"identity": nested(500)}]
PLAIN = json.loads(
    identify()
)  # no bytes: one list in many places of it would be many gigabytes of text


@pytest.mark.parametrize(
    "sent",
    [PLAIN, *(written(PLAIN | one) for one in WRONG_IDENTITIES)],
    ids=("no bytes", "endless clock", "no clock", "a number", "deep"),
)
def test_a_worker_that_does_not_say_what_it_has_is_named(sent):
    client = Mock(run=Mock(return_value={"tls://10.0.0.5:1": sent}))
    with pytest.raises(FleetError, match=r"10\.0\.0\.5.*does not say"):
        check_workers(client, identity())


def test_the_difference_of_a_worker_is_short():
    other = answer(identify())
    other["identity"]["versions"] |= {f"library{n}": "x" * 100 for n in range(1_000)}
    client = Mock(run=Mock(return_value={"tls://10.0.0.5:1": written(other)}))
    with pytest.raises(FleetError) as raised:
        check_workers(client, identity())
    assert len(str(raised.value)) < 1_000


@pytest.mark.parametrize("said", [5, None, [], "timing", {}], ids=str)
def test_a_worker_that_misstates_its_resources_takes_no_timed_work(said):
    """Dask lets a worker overwrite what the scheduler says of it."""
    workers = {
        "tls://10.0.0.5:1": {"resources": said},
        "tls://10.0.0.6:1": {"resources": {"timing": 1}},
    }
    client = Mock(scheduler_info=Mock(return_value={"workers": workers}))
    assert timing_workers(client) == ["tls://10.0.0.6:1"]


def test_a_connection_that_fails_is_closed(monkeypatch):
    """Its threads would keep the process from ending."""
    closed = []

    @contextmanager
    def connect():
        yield None
        closed.append(True)

    monkeypatch.setattr(scheduler_connection, "check_workers", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError), Connection(connect, print):
        pass
    assert closed


@pytest.mark.parametrize("text", ["[" * 100_000, f'{{"report": {"1" * 5000}}}'], ids=["[", "1"])
def test_a_saved_result_that_cannot_be_read_is_none(tmp_path, text):
    """A worker on the course's disk writes it."""
    (tmp_path / "ada.json").write_text(text)
    assert records.read(tmp_path / "ada.json") is None

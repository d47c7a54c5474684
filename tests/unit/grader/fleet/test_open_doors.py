"""A hostile process beside a cluster and one inside of a fleet run no code as the instructor."""

import json
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from functools import partial

import psutil
import pytest
from distributed import Client, LocalCluster
from typer.testing import CliRunner

from grader import secret
from grader.course.grade_class import Batch
from grader.course.records import Record
from grader.fleet import cluster, tls, token
from grader.fleet.cluster import FleetError
from grader.fleet.data_only import TASKS, data_only
from grader.fleet.in_worker import answer
from grader.fleet.round import INVALID, reports
from grader.fleet.run import Fleet
from grader.fleet.submissions import SubmissionQueue
from grader.fleet.worker import Identity, identify
from harness.cli.main import app
from harness.errors import WrongUseError
from tests.unit.grader.course.small_course import handed_in, judge, submit
from tests.unit.grader.fleet.fleet_hosts import SECRET

# What a learner on the machine tries at every open port, without a key or with one of their own: connect, and
# ask for a function to be run. The attack works on a cluster without TLS.
INTRUDER = """
import asyncio, sys
from pathlib import Path
from distributed import Security, rpc
from distributed.protocol.pickle import dumps

async def attack(address, security):
    arguments = security.get_connection_args("client")
    async with rpc(address, connection_args=arguments, timeout=3) as node:
        for handler in ("run", "run_function"):
            try:
                call = {"function": dumps(Path.touch), "args": dumps((Path(sys.argv[2]),))}
                await asyncio.wait_for(getattr(node, handler)(**call, wait=True), 5)
            except Exception:
                pass

async def main():
    scheme, ports = sys.argv[1], sys.argv[3:]
    security = Security.temporary() if scheme == "tls" else Security()
    await asyncio.gather(*(attack(f"{scheme}://127.0.0.1:{port}", security) for port in ports))

asyncio.run(main())
"""


def attack(scheme, ports, path):
    command = [sys.executable, "-c", INTRUDER, scheme, path, *map(str, ports)]
    subprocess.run(command, stderr=subprocess.DEVNULL, timeout=60)


def listening():
    """Return (host, port) of every port that this process or a child has open."""
    for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
        for connection in process.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN:
                yield connection.laddr.ip, connection.laddr.port


@pytest.fixture(scope="module")
def ports():
    with cluster.local(1) as client:
        client.wait_for_workers(1)
        yield sorted(set(listening()))


def test_no_port_is_open_to_other_machines(ports):
    assert ports and {host for host, _ in ports} == {"127.0.0.1"}


@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_process_without_the_key_runs_nothing(ports, tmp_path, scheme):
    attack(scheme, [port for _, port in ports], tmp_path / "touched")
    assert not (tmp_path / "touched").exists()


def test_the_attack_works_on_a_cluster_without_tls(tmp_path):
    options = {"processes": False, "n_workers": 1, "dashboard_address": None}
    with LocalCluster(protocol="tcp", host="127.0.0.1", **options) as open_cluster:
        attack("tcp", [open_cluster.scheduler.port], tmp_path / "touched")
    assert (tmp_path / "touched").exists()


def first_bytes(port):
    """Return what a port answers to HTTP without TLS."""
    with socket.create_connection(("127.0.0.1", port), 3) as connection, suppress(OSError):
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        return connection.recv(100)
    return b""


def test_no_port_speaks_http(ports):
    """Idle connections to one would take all files that the grading process may open."""
    assert [port for _, port in ports if first_bytes(port).startswith(b"HTTP")] == []


@pytest.fixture
def with_secret(monkeypatch):
    monkeypatch.setattr(secret, "key", lambda: SECRET)


def test_a_class_is_graded_across_machines_with_tls(small, address, with_secret, monkeypatch):
    monkeypatch.setattr(
        Identity, "difference", lambda *_: ""
    )  # the worker has the checkout's secret
    for name in ("ada", "bea"):
        submit(small, name, handed_in("7", "15"))
    # The scheduler is in this process.
    monkeypatch.setattr(cluster, "data_only", partial(data_only, TASKS))
    # The worker's process has the checkout's secret, and this one the test's.
    monkeypatch.setattr(
        "grader.fleet.scheduler_connection.identity", lambda: workers_identity(address)
    )
    fleet = Fleet(Batch(small), partial(cluster.remote, address), small_judge, print)
    steps = list(fleet.run(small.submissions()))
    assert [step.record.report.points for step in steps] == [22, 22]


def workers_identity(address):
    with Client(address, security=tls.of_secret(SECRET), set_as_default=False) as client:
        [values] = client.run(identify).values()
        return Identity.from_json(answer(values)["identity"])


@contextmanager
def small_judge():
    """Yield the small course's judge; a worker imports this factory."""
    yield judge


def test_another_secret_is_refused(address, monkeypatch):
    monkeypatch.setattr(cluster, "TIMEOUT_S", 2)
    monkeypatch.setattr(secret, "key", lambda: b"another")
    with pytest.raises(FleetError, match="secret"), cluster.remote(address):
        pass


def hostile(values):
    """Return a fleet's result with something else in the place of its record."""
    return {"records": [values]}


def record(locked, **changes):
    """Return a valid worker's record with `changes` in its first mark."""
    from grader.course.grade_class import judge_submission

    _, report = judge_submission(locked.snapshot, judge)
    values = Record(locked.item.digest, report, entered=False).to_json()
    values["report"]["marks"][0] |= changes
    return json.loads(json.dumps(values))


def test_an_honest_record_is_a_report(locked):
    [report] = reports(hostile(record(locked)), [locked])
    assert report.points == 16


WRONG = [
    {"points": 1e6},
    {"points": -1},
    {"points": float("nan")},
    {"points": "20"},
    {"id": "another"},
    {"out_of": 1000},
    {"outcome": "excellent"},
    {"reason": ["<script>"]},
    {"pairs": [[1, 2, 3]]},
    {"pairs": [[-1, 2]]},
    {"right": [5, 1]},
    {"extra": 1},
]


@pytest.mark.parametrize("changes", WRONG, ids=str)
def test_a_record_with_a_wrong_value_is_no_report(locked, changes):
    assert reports(hostile(record(locked, **changes)), [locked]) == [None]


@pytest.mark.parametrize("result", [None, [], 5, {}, {"records": 3}, {"records": [None]}], ids=str)
def test_anything_else_is_no_report(locked, result):
    assert reports(result, [locked]) == [None]


def test_a_record_on_another_submission_is_no_report(locked):
    assert reports(hostile(record(locked) | {"digest": "0"}), [locked]) == [None]


def test_no_report_means_no_points_and_not_zero(small, locked):
    step = SubmissionQueue(Batch(small, judge)).give_up(locked, INVALID)
    assert {mark.points for mark in step.record.report.marks} == {None}


def test_an_address_without_tls_is_refused():
    for address in ("tcp://127.0.0.1:8786", "127.0.0.1:8786"):
        with pytest.raises(FleetError, match="tls://"):
            cluster.require_tls(address)


def test_the_certificate_is_the_same_everywhere_and_follows_from_the_secret():
    first, again, other = (tls.of_secret(secret) for secret in (b"a" * 32, b"a" * 32, b"b" * 32))
    assert first.tls_ca_file == again.tls_ca_file
    assert first.tls_ca_file != other.tls_ca_file
    assert tls.of_this_run().tls_ca_file != tls.of_this_run().tls_ca_file


def test_a_token_is_private_and_comes_back(tmp_path):
    path = tmp_path / "fleet.token"
    path.touch(mode=0o644)
    made = token.Token("tls://10.0.0.5:8786", b"s" * 32)
    made.write(path)
    assert token.read(path) == made
    assert path.stat().st_mode & 0o077 == 0
    assert (b"s" * 32).hex() not in repr(made)
    path.chmod(0o644)
    with pytest.raises(WrongUseError, match="chmod"):
        token.read(path)
    path.write_text("hello")
    with pytest.raises(WrongUseError, match="under500 scheduler"):
        token.read(path)


def test_a_worker_refuses_an_address_without_tls():
    done = CliRunner().invoke(app, ["worker", "tcp://127.0.0.1:9"])
    assert done.exit_code
    assert isinstance(done.exception, FleetError | SystemExit)

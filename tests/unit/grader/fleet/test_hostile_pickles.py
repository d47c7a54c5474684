"""A pickle of somebody inside of a fleet calls nothing and changes nothing."""

import asyncio
import pickle
import struct
import sys
from contextlib import suppress
from functools import partial
from operator import attrgetter
from pathlib import Path
from unittest.mock import Mock

import msgpack
import pytest
from distributed import Client, KilledWorker, Status
from distributed.comm import tcp
from distributed.core import error_message
from distributed.protocol import Serialize, ToPickle
from distributed.protocol import pickle as dask_pickle
from distributed.protocol.core import dumps, loads
from distributed.scheduler import WorkerState

from grader import secret
from grader.fleet import cluster, tls
from grader.fleet.data_only import NOTHING, TASKS, data_only
from grader.fleet.in_worker import MOST_BYTES, answer, in_worker, packed
from grader.fleet.noise import measure
from grader.fleet.scheduler_client import is_lost_worker
from grader.fleet.worker import Chunk, Identity, Item, RefereeFactory, grade_chunk, identity
from tests.unit.grader.fleet.fleet_hosts import SECRET

OURS = (Chunk, Identity, Item, RefereeFactory, grade_chunk, measure)
BOTH = pytest.mark.parametrize("names", [NOTHING, TASKS], ids=["nothing", "tasks"])


class Evil:
    """A pickle that calls a function when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def creating(path):
    return Evil(Path.touch, Path(path))


@BOTH
def test_a_pickle_is_not_loaded_while_only_data_is(names, tmp_path):
    evil = pickle.dumps(creating(tmp_path / "touched"))
    with data_only(names), pytest.raises(pickle.UnpicklingError, match="touch"):
        pickle.loads(evil)
    assert pickle.loads(pickle.dumps(tmp_path)) == tmp_path  # as ever, afterwards


@BOTH
@pytest.mark.parametrize("ours", OURS, ids=lambda one: one.__name__)
def test_nothing_of_ours_is_named(names, ours):
    with data_only(names), pytest.raises(pickle.UnpicklingError, match=ours.__name__):
        pickle.loads(pickle.dumps(ours))


def test_a_pickle_replaces_no_method_of_what_an_exception_consists_of():
    """With Dask's classes admitted, a lost worker's pickle could give them a method of its choice."""
    whole, attributes = pickle.dumps(WorkerState, 2)[2:-1], pickle.dumps({"clean": 1}, 2)[2:-1]
    with data_only(), pytest.raises(pickle.UnpicklingError):
        pickle.loads(b"\x80\x02" + whole + b"(N" + attributes + b"tb.")
    assert callable(WorkerState.clean)


def test_a_pickle_does_not_grade():
    """In the instructor's process or the scheduler's, a notebook would run without a jail."""
    arguments = Chunk((), timed=False), identity(), RefereeFactory(jailed=False)
    for function, names in ((grade_chunk, NOTHING), (grade_chunk, TASKS), (in_worker, NOTHING)):
        with data_only(names), pytest.raises(pickle.UnpicklingError):
            pickle.loads(pickle.dumps(Evil(function, *arguments)))


def test_the_function_of_a_task_does_nothing_outside_of_a_worker(tmp_path):
    call = packed(Path.touch, tmp_path / "touched"), pickle.dumps(creating(tmp_path / "touched"))
    for one in call:
        with data_only(TASKS), pytest.raises(ValueError, match="No worker"):
            pickle.loads(pickle.dumps(Evil(in_worker, one)))
        with pytest.raises(ValueError, match="No worker"):  # also if it is called later
            in_worker(one)
    assert not (tmp_path / "touched").exists()


def test_a_message_names_no_function():
    """A scheduler calls what a client sends as an annotation."""
    system = {
        "__Enum__": True,
        "__module__": "distributed.core",
        "__name__": "os",
        "name": "system",
    }
    with data_only(TASKS), pytest.raises(KeyError, match="system"):
        loads([msgpack.packb({"annotations": {"priority": system}})])
    with data_only(TASKS):
        assert loads(dumps({"status": Status.running})) == {"status": Status.running}


def text(value):
    return b"X" + len(value).to_bytes(4, "little") + value.encode()


def setting(module, name, attribute, value):
    """Return what a pickle contains that sets an attribute of what it names, and then is that."""
    return text(module) + text(name) + b"\x93N}" + text(attribute) + text(value) + b"s\x86b"


@pytest.mark.parametrize("name", sorted(TASKS), ids=str)
def test_a_pickle_changes_nothing_that_it_may_name(name):
    with data_only(TASKS), pytest.raises((pickle.UnpicklingError, TypeError)):
        pickle.loads(b"\x80\x04" + setting(*name, "changed", "yes") + b".")
    one = attrgetter(name[1])(sys.modules[name[0]])
    assert not hasattr(one, "changed")


def test_a_pickle_imports_no_module(monkeypatch):
    """Dask pickles a function to give a graph its name, and pickle imports a function's module."""
    monkeypatch.delitem(sys.modules, "this", raising=False)
    monkeypatch.setattr(in_worker, "__module__", "this")
    graph = text("dask._expr") + text("Expr._reconstruct") + b"\x93(" + text("dask._expr")
    graph += text("LLGExpr") + b"\x93" + text("grader.fleet.in_worker") + text("in_worker")
    with data_only(TASKS), suppress(Exception):
        dask_pickle.loads(b"\x80\x04" + graph + b"\x93N}tR.")
    assert "this" not in sys.modules


def test_a_pickle_does_not_end_the_process():
    """Python does not limit the depth at which it hashes a tuple: it would crash."""
    with data_only(TASKS), pytest.raises(pickle.UnpicklingError, match="too many"):
        dask_pickle.loads(b"\x80\x04})" + b"\x85" * 200_000 + b"Ns.")


@pytest.mark.parametrize("sent", [b"{}", {}, "text", [1.0] * 9, print], ids=str)
def test_an_object_of_a_message_is_bytes_for_the_instructor(sent):
    """Even plain types: lists that contain each other take all memory, and a tuple all time to be hashed."""
    frames = list(map(bytes, dumps({"data": Serialize(sent)})))
    with data_only():
        assert isinstance(loads(frames)["data"], bytes)
    assert loads(frames) == {"data": sent}


def test_an_honest_answer_arrives_as_it_is():
    with data_only():
        assert loads(dumps({"data": Serialize(b'{"ms": []}')})) == {"data": b'{"ms": []}'}


def test_nothing_of_a_message_is_unpickled_by_the_instructor():
    frames = dumps({"data": ToPickle({"plain": 1})})
    with data_only(), pytest.raises(pickle.UnpicklingError, match="in the place of bytes"):
        loads(frames)


@BOTH
def test_a_compressed_message_is_not_loaded(names):
    """Compression makes a megabyte of a gigabyte of zeros."""
    context = {"compression": "zlib"}
    frames = dumps({"data": Serialize(b"\0" * 10**6)}, context=context)
    assert sum(map(len, frames)) < 10**5
    with data_only(names), pytest.raises(pickle.UnpicklingError, match="compressed"):
        loads(frames)


class Stream:
    """A connection on which a message begins that says how long it is."""

    def __init__(self, *sent):
        self.sent = list(sent)

    async def read_bytes(self, size):
        return self.sent.pop(0)

    async def read_into(self, place):
        place[:] = self.sent.pop(0)
        return len(place)


def received(*sent):
    """Return what Dask reads from a connection on which this arrives."""
    comm = object.__new__(tcp.TCP)
    comm.stream, comm.deserialize, comm.allow_offload, comm.abort = (
        Stream(*sent),
        True,
        False,
        Mock(),
    )
    return asyncio.run(comm.read())


def number(*values):
    return struct.pack(f"{len(values)}Q", *values)


def test_a_long_message_is_not_read():
    """Dask reserves as much memory as a message says that it has."""
    content = msgpack.packb({"op": "x"})
    begun = number(2, len(content), 0) + content
    whole = number(len(begun)), begun
    with data_only():
        assert received(*whole) == {"op": "x"}
        with pytest.raises(ValueError, match="too long"):
            received(number(MOST_BYTES + 1))
        parts = number(3, len(content), MOST_BYTES, 1) + content
        with pytest.raises(ValueError, match="too long"):
            received(number(len(parts)), parts)


def test_a_name_in_a_message_moves_no_cursor():
    name = text("evil\x1b[31mX") + text("y")
    with data_only(), pytest.raises(pickle.UnpicklingError) as raised:
        pickle.loads(b"\x80\x04" + name + b"\x93.")
    assert "\x1b" not in str(raised.value)


def test_a_lost_worker_is_told_without_loading_it():
    fields = {"pid": 1, "name": 0, "nthreads": 1, "memory_limit": 0, "local_directory": ""}
    more = {"services": {}, "nanny": "", "extra": {}, "server_id": "", "status": Status.running}
    lost = WorkerState(address="tls://127.0.0.1:1", **fields, **more)
    killed = KilledWorker("task", lost, 3)
    for error in (killed, ValueError("KilledWorker"), OSError(1, "no")):
        for told in (pickle.dumps(error), error_message(error)["exception"].data):
            assert is_lost_worker(Exception(told)) == (error is killed)
    assert not is_lost_worker(ValueError(3))


@pytest.fixture
def inside(address):
    """Yield a client with the secret, which sends what it likes; the scheduler is in this process."""
    security = tls.of_secret(SECRET)
    names = TASKS
    with data_only(names), Client(address, security=security, set_as_default=False) as client:
        yield client


def test_a_client_runs_nothing_on_the_scheduler(inside, tmp_path):
    evil = creating(tmp_path / "touched")
    for attack in (
        partial(inside.run_on_scheduler, in_worker, packed(Path.touch, tmp_path / "touched")),
        partial(inside.run_on_scheduler, Path.touch, tmp_path / "touched"),
        partial(inside.register_plugin, evil),
        partial(inside.submit(str, evil, pure=False).result, timeout=20),
        partial(inside.submit(str, Evil(grade_chunk, 1, 2, 3), pure=False).result, timeout=20),
    ):
        with pytest.raises(Exception):  # noqa: B017 (Dask's, whatever it is)
            attack()
    assert not (tmp_path / "touched").exists()


def test_a_client_writes_no_file_of_the_schedulers(inside, tmp_path):
    inside.dump_cluster_state(str(tmp_path / "state"), write_from_scheduler=True, format="yaml")
    assert not list(tmp_path.iterdir())


def test_a_worker_prints_nothing_on_the_instructors_terminal(address, monkeypatch, capfd):
    monkeypatch.setattr(secret, "key", lambda: SECRET)
    monkeypatch.setattr(cluster, "data_only", partial(data_only, TASKS))
    with cluster.remote(address) as client:
        client.log_event("print", "\x1b[2J")
        client.run(len, "")
    assert "\x1b" not in "".join(capfd.readouterr())


def test_an_honest_result_looks_like_no_attack(address, monkeypatch, caplog):
    """Dask sends the type of a result, too: its name would not be loaded, and that is logged."""
    monkeypatch.setattr(secret, "key", lambda: SECRET)
    monkeypatch.setattr(cluster, "data_only", partial(data_only, TASKS))
    with caplog.at_level("INFO"), cluster.remote(address) as client:
        task = client.submit(in_worker, packed(dict, ()), pure=False)
        assert answer(task.result(timeout=20)) == {}
    assert "builtins" not in caplog.text


def test_a_pickle_from_a_worker_is_not_loaded(address, monkeypatch, tmp_path):
    monkeypatch.setattr(secret, "key", lambda: SECRET)
    monkeypatch.setattr(cluster, "data_only", partial(data_only, TASKS))
    with cluster.remote(address) as client:
        [sent] = client.run(creating, str(tmp_path / "touched")).values()
        assert isinstance(sent, bytes)
        task = client.submit(in_worker, packed(creating, str(tmp_path / "touched")), pure=False)
        with pytest.raises(Exception, match="JSON serializable"):
            task.result(timeout=20)
    assert not (tmp_path / "touched").exists()

"""A fork of the zygote is as alone as a process in a jail of its own; and a class has one zygote a lab."""

import os
import time

import psutil
import pytest

from grader.course import judge as judges
from grader.course.judge import lab_grader, modules
from grader.grading.lab import lab
from grader.grading.referee import Setting
from grader.remote.framing import GoneError
from grader.remote.prefork import Forked, NoZygoteError, Zygote, zygote
from grader.remote.process_handle import new_process
from grader.remote.session import session
from grader.sandbox import mounts
from grader.sandbox.jail import SandboxSpec, why_no_jail
from grader.sandbox.limits import MIB, Limits
from tests.unit.grader.course.small_course import handed_in, released

JAILED = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")
LIMITS = Limits(scratch=4 * MIB)
LOOK = """
PLACES = (".", "/tmp", "/dev/shm")
import ctypes, os
libc = ctypes.CDLL(None)
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
seen = {
    "processes": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
    "files": [[one.name for one in os.scandir(place) if one.is_file()] for place in PLACES],
    "rights": [int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "no new ones": int(status["NoNewPrivs"]),
    "users": libc.unshare(0x10000000), "mounts": libc.unshare(0x20000),
    "sockets": sum("socket" in os.path.realpath(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd")),
    "ours": [place for place in (HIDDEN, TESTS) if os.path.exists(place) and os.listdir(place)],
}
for place in PLACES:
    open(place + "/left", "w").write("for the next one")
"""


@pytest.fixture(scope="module")
def ready():
    with zygote(SandboxSpec(limits=LIMITS), ("numpy", "no.such.module")) as one:
        yield one


@pytest.fixture
def learner(ready):
    with session(SandboxSpec(limits=LIMITS), call_s=2.0, start=ready.start) as one:
        yield one


def looked(learner, root):
    hidden, tests = root / "grader" / "hidden", root / "tests"
    learner.cell(f"HIDDEN, TESTS = {str(hidden)!r}, {str(tests)!r}")
    learner.cell(LOOK)
    return learner.value("seen")


@JAILED
@pytest.mark.parametrize("visit", ["first", "next"])
def test_each_finds_a_room_of_its_own_that_nobody_has_used(learner, root, visit):
    assert looked(learner, root) == {
        "processes": [1, 2],  # the guard, and itself
        "files": [[], [], []],
        "rights": [0, 0, 0, 0, 0],
        "no new ones": 1,
        "users": -1,
        "mounts": -1,
        "sockets": 1,  # the channel; not the zygote's own
        "ours": [],
    }


@JAILED
def test_a_course_below_a_temporary_folder_is_there_to_read(tmp_path, monkeypatch):
    (tmp_path / "late.py").write_text("x = 3")
    tmp_path.chmod(0o755)
    monkeypatch.setattr(mounts, "SYSTEM", (*mounts.SYSTEM, str(tmp_path)))
    source = f"from pathlib import Path\nlate = Path({str(tmp_path)!r}, 'late.py')\nsaid = late.read_text()"
    with zygote(SandboxSpec(limits=LIMITS), ()) as one:
        for _ in range(2):
            with session(SandboxSpec(limits=LIMITS), start=one.start) as learner:
                learner.cell(source)
                assert learner.value("said") == "x = 3"
                with pytest.raises(OSError, match="Read-only"):
                    learner.cell("late.write_text('x = 4')")


@JAILED
def test_what_was_imported_is_there_and_ours_is_not_theirs(learner):
    learner.cell("import sys; there = 'numpy' in sys.modules; sys.modules['numpy'].pi = 3")
    assert learner.value("there") is True
    import numpy as np

    assert np.pi != 3


@JAILED
def test_the_next_one_meets_no_change_of_the_one_before(ready):
    for _ in range(2):
        with session(SandboxSpec(limits=LIMITS), start=ready.start) as one:
            one.cell("import numpy; pi = numpy.pi; numpy.pi = 3")
            assert one.value("pi") == pytest.approx(3.14159, abs=1e-5)


@JAILED
def test_all_that_it_started_ends_with_it(ready):
    with session(SandboxSpec(limits=LIMITS), start=ready.start) as one:
        one.cell(
            "import os, subprocess\nfor _ in range(3):\n"
            "    subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
            "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
            "        os.execlp('sleep', 'sleep', '600')\n    os._exit(0)"
        )
        every = one.processes.all()
        assert len(every) >= 6
    until = time.monotonic() + 10
    while any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in every):
        assert time.monotonic() < until
    assert ready.process.children() == []


@JAILED
@pytest.mark.parametrize("source", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_one_that_dies_is_over_and_the_next_one_lives(ready, learner, source):
    with pytest.raises(GoneError, match=r"exit status (3|137)"):
        learner.cell(source)
    learner.end()
    with session(SandboxSpec(limits=LIMITS), start=ready.start) as one:
        one.cell("x = 1")
        assert one.value("x") == 1


@JAILED
def test_limits_hold(learner):
    with pytest.raises(OSError, match="space"):
        learner.cell("open('/tmp/big', 'wb').write(bytes(8 << 20))")
    with pytest.raises(TimeoutError):
        learner.cell("while True: pass", limit_s=0.5)


@JAILED
def test_the_network_is_a_loopback_of_its_own(learner):
    learner.cell(
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(s.getsockname(), 2)\n"
        "try: socket.create_connection(('192.0.2.1', 80), 1); out = True\nexcept OSError: out = False"
    )
    assert learner.value("out") is False


def test_without_a_jail_there_is_no_zygote():
    with pytest.raises(NoZygoteError, match="switched off"), zygote(SandboxSpec(jailed=False), ()):
        pass


def test_one_that_does_not_start_says_why(monkeypatch):
    if why_no_jail():
        pytest.skip(why_no_jail())
    monkeypatch.setattr("grader.remote.prefork.RIGHTS", ())  # so that it may mount nothing
    with pytest.raises(NoZygoteError, match="not permitted"), zygote(SandboxSpec(), ()):
        pass


def test_a_lab_says_what_to_import():
    sources = [
        "import numpy as np, os.path\nfrom grader import checks",
        "%matplotlib\nimport x",
        "from . import y",
    ]
    assert set(modules(sources)) >= {"numpy", "os.path", "grader", "grader.checks"}
    assert "x" not in modules(sources)


class Kept:
    """A zygote without processes, which says what was done with it."""

    def __init__(self):
        self.log = []

    def __call__(self, spec, modules):
        return self

    def __enter__(self):
        self.log.append("in")
        return self

    def __exit__(self, *_):
        self.log.append("out")

    def start(self, channel, spec):
        raise NoZygoteError("not today")


def test_there_is_one_zygote_a_lab_and_a_new_python_when_it_fails(monkeypatch):
    kept, started = Kept(), []
    monkeypatch.setattr(judges, "zygote", kept)
    monkeypatch.setattr(
        judges, "grade", lambda lab, notebook, setting: setting.start(7, SandboxSpec())
    )
    monkeypatch.setattr(
        judges, "new_process", lambda channel, spec: started.append(channel) or "apart"
    )
    with lab_grader(Setting(jailed=False)) as judge:
        for name in ("01-a", "01-a", "02-b"):
            assert judge(lab(name, released()), handed_in()) == "apart"
        assert kept.log == ["in", "out", "in"]
    assert kept.log == ["in", "out", "in", "out"]
    assert started == [7, 7, 7]


def test_where_there_is_no_zygote_everybody_gets_a_new_python(monkeypatch):
    def none(spec, modules):
        raise NoZygoteError("no namespaces")

    monkeypatch.setattr(judges, "zygote", none)
    monkeypatch.setattr(judges, "grade", lambda lab, notebook, setting: setting.start)
    with lab_grader(Setting(jailed=False)) as judge:
        assert judge(lab("01-a", released()), handed_in()) is new_process


def test_labs_with_models_start_as_before(monkeypatch):
    monkeypatch.setattr(judges, "grade", lambda lab, notebook, setting: setting)
    setting = Setting(jailed=False)
    with lab_grader(setting) as judge:
        assert judge(lab("10-capstone", released()), handed_in()) is setting


def test_a_zygote_that_is_gone_is_an_error_of_the_system():
    import socket

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    with ours, pytest.raises(OSError):
        Zygote(psutil.Process(), ours).start(os.open("/dev/null", os.O_RDONLY), SandboxSpec())


def test_the_status_is_known_once_it_is_told():
    import socket
    import subprocess

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        one = Forked(1, None, ours)
        with pytest.raises(subprocess.TimeoutExpired):
            one.wait(0.01)
        theirs.send(b"3")
        assert (one.wait(1), one.wait(1)) == (3, 3)

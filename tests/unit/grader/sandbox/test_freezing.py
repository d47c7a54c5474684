"""Attempts to work while stopped: each is prevented or noticed, with a control group and without one."""

from __future__ import annotations

import time

import pytest

from grader.remote.framing import WorkerError
from grader.remote.session import session
from grader.sandbox import memory
from grader.sandbox.control_group import new_group
from grader.sandbox.jail import SandboxSpec, why_no_jail
from grader.sandbox.limits import MIB, Limits
from grader.sandbox.processes import NotStoppedError

pytestmark = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")
PAUSE_S = 0.3
# Each leaves something behind that works on. `busy` is a process that does nothing but use CPU time.
BUSY = """
import ctypes, os, signal, subprocess, sys, threading, time
def busy():
    pid = os.fork()
    if not pid:
        while True: pass
    return pid
"""
ATTACKS = {
    "a busy process": "busy()",
    "a busy thread": "threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()",
    # short-lived processes, each of which starts the next one, wake it; nobody waits for them
    "woken by a chain of processes": """
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
sleeper = busy()
if not os.fork():
    while True:
        if os.fork(): os._exit(0)
        os.kill(sleeper, signal.SIGCONT)
        time.sleep(0.0002)
""",
    "woken by its own timer": """
if not os.fork():
    class Event(ctypes.Structure):  # SIGEV_SIGNAL with SIGCONT
        _fields_ = [("value", ctypes.c_void_p), ("signo", ctypes.c_int), ("notify", ctypes.c_int),
                    ("room", ctypes.c_char * 48)]
    timer = ctypes.c_void_p()
    libc = ctypes.CDLL("librt.so.1")
    libc.timer_create(1, ctypes.byref(Event(None, signal.SIGCONT, 0)), ctypes.byref(timer))
    libc.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 1_000_000, 0, 1_000_000), None)
    while True: pass
""",
    "woken by the end of a child": """
if not os.fork():
    if not ctypes.CDLL(None).syscall(56, signal.SIGCONT, 0, 0, 0, 0):
        os.kill(os.getpid(), signal.SIGSTOP)
    while True: pass
""",
}


@pytest.fixture(params=["control group", "signals"])
def learner(request, monkeypatch):
    if request.param == "signals":
        monkeypatch.setattr("grader.remote.process_handle.new_group", lambda limits: None)
    with session(SandboxSpec()) as one:
        if request.param == "control group" and one.processes.group is None:
            pytest.skip("no control group can be made here")
        one.cell(BUSY)
        yield one


def paused(learner):
    """Return the CPU time in s that the learner's processes use in a pause, or None if they are found out."""
    try:
        learner.processes.freeze()
        before_s = learner.processes.cpu_s()
        time.sleep(PAUSE_S)
        used_s = learner.processes.cpu_s() - before_s
        learner.processes.freeze()
    except NotStoppedError:
        return None
    return used_s


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_nothing_works_in_a_pause_unseen(learner, attack):
    learner.cell(ATTACKS[attack])
    learner.cell("import time; time.sleep(0.05)")  # until all that it starts is there
    used_s = paused(learner)
    assert used_s is None or used_s <= 0.03
    if learner.processes.group:
        assert used_s is not None  # nobody wakes what the kernel has frozen
        assert used_s <= 0.005


def test_honest_processes_go_on_after_the_pause(learner):
    learner.cell(
        "started = subprocess.Popen(['sleep', '600'])\nthread = threading.Thread(target=print)"
    )
    for _ in range(3):
        assert paused(learner) is not None
        learner.processes.thaw()
        learner.cell("x = sum(range(1000))")
    assert learner.value("x") == 499500


SHARED = """
import ctypes, mmap
pieces = [mmap.mmap(-1, 64 << 20) for _ in range(8)]
for piece in pieces:
    piece.write(bytes(64 << 20))
    RELEASE
"""


@pytest.mark.parametrize("release", ["pass", "piece.madvise(mmap.MADV_DONTNEED)"])
def test_shared_memory_counts_even_if_its_pages_seem_to_be_given_back(learner, release):
    before = memory.used([process.pid for process in learner.processes.all()])
    learner.cell(SHARED.replace("RELEASE", release))
    more = memory.used([process.pid for process in learner.processes.all()]) - before
    assert 500 * MIB < more < 600 * MIB


def test_shared_memory_counts_once(learner):
    learner.cell("import mmap\npiece = mmap.mmap(-1, 64 << 20)\npiece.write(bytes(64 << 20))")
    before = memory.shared(process.pid for process in learner.processes.all())
    learner.cell("for _ in range(3):\n    if not os.fork():\n        time.sleep(600)")
    assert memory.shared(process.pid for process in learner.processes.all()) == before >= 64 * MIB


def test_empty_files_count_as_memory(learner):
    pids = [process.pid for process in learner.processes.all()]
    before = memory.in_files(pids, Limits().scratch)
    learner.cell("for n in range(5000):\n    os.close(os.open(f'/tmp/{n}', os.O_CREAT))")
    assert memory.in_files(pids, Limits().scratch) - before == 5000 * memory.EMPTY_FILE
    assert memory.in_files(pids, 1) == 0  # these are other file systems


def test_who_hoards_shared_memory_is_ended():
    spec = SandboxSpec(limits=Limits(memory=256 * MIB))
    with session(spec) as one, pytest.raises(WorkerError, match=r"more than 0\.25 GiB of memory"):
        one.cell("import time\n" + SHARED.replace("RELEASE", "pass") + "time.sleep(30)", 60)


def test_a_group_ends_with_its_processes():
    group = new_group(Limits())
    if group is None:
        pytest.skip("no control group can be made here")
    with session(SandboxSpec()) as one:
        folder = one.processes.group.folder
        one.cell("import os\nif not os.fork():\n    while True: pass")
        assert len((folder / "cgroup.procs").read_text().split()) >= 3
    assert not folder.exists()
    group.end()
    assert not group.folder.exists()

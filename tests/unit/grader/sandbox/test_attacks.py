"""What hostile code tries in the jail: nothing gets through, alone or forked by a zygote."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from grader.remote.prefork import zygote
from grader.remote.process_handle import new_process
from grader.remote.session import session
from grader.sandbox import mounts, users
from grader.sandbox.jail import SandboxSpec, why_no_jail

pytestmark = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")

TOOLS = """
import ctypes, errno, glob, importlib, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)

def writable(*places):
    found = []
    for place in places:
        files = [place] if os.path.isfile(place) else [
            os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names
        ]
        for path in files:
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                found.append(path)
            except OSError:
                pass
    return found

def called(name, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(getattr(Number, name), *map(ctypes.c_long, arguments))
    return result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS)

def opened(*families):
    found = []
    for family in families:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            for number in (41, 53):  # alone and in pairs; the upper half of the family does not count
                if libc.syscall(number, ctypes.c_long(family), kind, 0, (ctypes.c_int * 2)()) != -1:
                    found.append(family)
    return found

class Number:  # of x86-64
    ptrace, keyctl, bpf, userfaultfd, io_uring_setup = 101, 250, 321, 323, 425
    perf_event_open, kexec_load, init_module, add_key = 298, 246, 175, 248
    mount, umount2, unshare, setns, pivot_root = 165, 166, 272, 308, 155
    process_vm_readv, process_vm_writev, shmget, memfd_create = 310, 311, 29, 319
    clone, prctl, open_by_handle_at, move_mount = 56, 157, 304, 429
"""
# Each sets `got` to what it got: something that is false, if it got nothing.
FILES = {
    "settings of the kernel": "got = writable('/proc/sys/kernel/core_pattern')",
    "all settings of the kernel": "got = writable('/proc/sys')",
    "requests to the kernel": "got = writable('/proc/sysrq-trigger', '/proc/irq')",
    "devices": "got = writable('/sys')",
    "a setting after a remount": (
        "libc.mount(None, b'/proc/sys', None, 1 << 5 | 1 << 12, None)\n"
        "got = writable('/proc/sys/kernel')"
    ),
    "root again": ("got = os.getuid() != 0\ntry: os.setuid(0)\nexcept OSError: got = False"),
    "the root of the jail": "try: open('/left', 'w'); got = True\nexcept OSError: got = False",
    "another's memory": "got = writable('/proc/1/mem')",
    "the source of a check": (
        "got = []\n"
        "for name in ('checks.profile', 'thresholds', 'secret', 'grading.referee', 'course.gradebook'):\n"
        "    try: importlib.import_module(f'grader.{name}'); got.append(name)\n"
        "    except ImportError: pass"
    ),
    "a socket of the hypervisor": "got = opened(socket.AF_VSOCK)",
    "a socket of the hypervisor by a wide number": "got = opened(1 << 32 | socket.AF_VSOCK)",
    "sockets of rare families": "got = opened(*{*range(60)} - {1, 2, 10, 16})",
    "an inherited descriptor": (
        "got = [name for name in os.listdir('/proc/self/fd')\n"
        "       if os.path.islink(f'/proc/self/fd/{name}')\n"
        "       and os.readlink(f'/proc/self/fd/{name}').startswith(('user:', 'mnt:', 'pid:', '/memfd'))]"
    ),
    "a check in memory": "got = [name for name in sys.modules if name.startswith('grader.checks.')]",
    "other sources of the grader": (
        "import grader\n"
        "public = {'exercise', 'remote', 'sandbox'}\n"
        "[folder] = grader.__path__\n"
        "got = [path for path in glob.glob(f'{folder}/**', recursive=True) if os.path.isfile(path)\n"
        "       and os.path.relpath(path, folder).split('/')[0] not in public\n"
        "       and os.path.relpath(path, folder) not in ('__init__.py', 'checks/__init__.py')]"
    ),
}
CALLS = {
    "tracing": "called('ptrace', 0, 0, 0, 0)",
    "reading memory": "called('process_vm_readv', os.getpid(), 0, 0, 0, 0, 0)",
    "writing memory": "called('process_vm_writev', os.getpid(), 0, 0, 0, 0, 0)",
    "keys": "called('keyctl', 0, -3, 0)",
    "adding a key": "called('add_key', 0, 0, 0, 0, -3)",
    "a program in the kernel": "called('bpf', 0, 0, 0)",
    "counters": "called('perf_event_open', 0, 0, -1, -1, 0)",
    "page faults": "called('userfaultfd', 1)",
    "queues past the filter": "called('io_uring_setup', 1, 0)",
    "another kernel": "called('kexec_load', 0, 0, 0, 0)",
    "a module": "called('init_module', 0, 0, 0)",
    "mounting": "called('mount', 0, 0, 0, 0, 0)",
    "moving a mount": "called('move_mount', -1, 0, -1, 0, 0)",
    "unmounting": "called('umount2', 0, 0)",
    "another root": "called('pivot_root', 0, 0)",
    "a file by its handle": "called('open_by_handle_at', -1, 0, 0)",
    "new users": "called('unshare', 0x10000000)",
    "new mounts": "called('unshare', 0x20000)",
    "another's namespace": "called('setns', 0, 0)",
    "a child in new namespaces": "called('clone', 0x10000000 | 17, 0, 0, 0, 0)",
    "a child of its parent": "called('clone', 0x8000 | 17, 0, 0, 0, 0)",
    "collecting orphans": "called('prctl', 36, 1, 0, 0, 0)",
    "memory of nobody": "called('shmget', 0, 1 << 20, 0o1600)",
    "a file in memory": "called('memfd_create', 0, 0)",
}
ATTACKS = FILES | {name: f"got = {call}" for name, call in CALLS.items()}


@pytest.fixture(scope="module", params=["alone", "forked"])
def start(request):
    if request.param == "alone":
        yield new_process
        return
    with zygote(SandboxSpec(), ("grader", "grader.checks")) as one:
        yield one.start


@pytest.fixture(scope="module")
def victim(start):
    with session(SandboxSpec(), start=start) as one:
        one.cell(TOOLS)
        yield one


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_it_gets_nothing(victim, start, attack):
    if attack == "another's memory" and start is new_process and not users.is_root():
        pytest.skip("the first process is bubblewrap's, and the user's own: it has nothing to take")
    victim.cell(ATTACKS[attack])
    assert not victim.value("got")


def test_it_is_not_root_outside(victim):
    victim.cell("import time")
    *_, learner = victim.processes.all()
    assert learner.uids().effective == (users.OUTSIDE if users.is_root() else os.geteuid())


def test_a_notebook_still_imports_its_checks(victim):
    victim.cell("from grader import checks\npoints = checks.time_stage(3, out_of=5)")
    assert victim.value("points") is None


def test_what_honest_code_needs_is_there(victim):
    victim.cell(
        "import multiprocessing, subprocess, sys, threading\n"
        "from concurrent.futures import ProcessPoolExecutor\n"
        "thread = threading.Thread(target=print); thread.start(); thread.join()\n"
        "import asyncio; asyncio.run(asyncio.sleep(0))\n"
        "import socket; server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname()).close(); socket.if_nameindex()\n"
        "said = subprocess.run([sys.executable, '-c', 'print(4)'], capture_output=True, text=True).stdout\n"
        "with ProcessPoolExecutor(2, multiprocessing.get_context('fork')) as pool:\n"
        "    squares = list(pool.map(abs, [-1, 2]))\n"
        "open('notes', 'w').write('mine'); open('/tmp/notes', 'w').write('mine')\n"
        "open('/dev/shm/notes', 'w').write('mine')"
    )
    assert victim.value("said") == "4\n"
    assert victim.value("squares") == [1, 2]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return a course that lies below a folder that the jail shows, as in /usr/local/lib/course."""
    course = tmp_path / "software" / "course"
    for name in ("solutions/01.ipynb", "submitted/ann/01.ipynb", "gradebook.db"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text("private")
    (tmp_path / "software" / "library.py").write_text("public")
    tmp_path.chmod(0o755)
    monkeypatch.setattr(mounts, "SYSTEM", (*mounts.SYSTEM, str(tmp_path / "software")))
    monkeypatch.chdir(course)
    return course


@pytest.mark.parametrize("way", ["alone", "forked"])
def test_a_course_below_what_is_shown_is_covered(course, way):
    look = (
        f"import os\nshown = sorted(os.listdir({str(course.parent)!r}))\n"
        f"got = [one for _, *names in os.walk({str(course)!r}) for kind in names for one in kind]"
    )
    with (
        zygote(SandboxSpec(), ()) as one,
        session(SandboxSpec(), start=one.start if way == "forked" else new_process) as learner,
    ):
        learner.cell(look)
        assert learner.value("shown") == ["course", "library.py"]
        assert learner.value("got") == []


def test_results_of_others_stay_out_of_the_prepared_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))
    for name in (
        "models/a.gguf",
        "results/ann.json",
        "interviews/ann.jsonl",
        "predictions/ann.json",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("private")
        (tmp_path / name).chmod(0o600)
    with session(SandboxSpec(models=True)) as learner:
        learner.cell(
            "import os\nfrom pathlib import Path\nhome = Path(os.environ['UNDER500_HOME'])\n"
            "got = sorted(str(p.relative_to(home)) for p in home.rglob('*') if p.is_file() and p.read_text())"
        )
        assert learner.value("got") == ["models/a.gguf"]


def test_the_public_part_is_what_the_process_consists_of():
    shown = {Path(name).with_suffix("") for name in mounts.PUBLIC}
    assert shown >= {Path("remote/learner_process"), Path("remote/zygote")}
    assert not any(path.parts[0] in ("checks", "grading", "course", "hidden") for path in shown)

"""What a process in the jail finds, and what it does not."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from grader.sandbox import jail
from grader.sandbox.jail import NoJailError, SandboxSpec, environment, require, start, why_no_jail
from grader.sandbox.limits import MIB, Limits
from grader.sandbox.mounts import HOME, PACKAGES

HERE = Path(__file__).resolve()
needs_jail = pytest.mark.skipif(bool(why_no_jail()), reason=why_no_jail() or "jailed")


def run(source, spec=None):
    """(exit status, output) of Python running `source`."""
    started = start(["-c", source], spec or SandboxSpec())
    try:
        output, _ = started.process.communicate(timeout=60)
    finally:
        started.process.kill()
        started.clear()
    return started.process.returncode, output.decode()


@pytest.fixture
def outside(tmp_path):
    file = tmp_path / "gradebook.db"
    file.write_text("99")
    return file


def test_without_libseccomp_nothing_is_graded(monkeypatch):
    monkeypatch.setattr(jail.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.delattr("grader.sandbox.syscalls", raising=False)
    monkeypatch.setitem(sys.modules, "grader.sandbox.syscalls", None)
    why_no_jail.cache_clear()
    try:
        with pytest.raises(NoJailError, match="libseccomp is not installed"):
            require(asked=True)
    finally:
        why_no_jail.cache_clear()


@needs_jail
def test_no_file_of_ours_but_python_and_the_two_packages(outside, root):
    ours = ("solutions", "labs", "tests", "README.md", "nbgrader_config.py")
    forbidden = [outside, HERE, Path("/etc/passwd"), *(root / name for name in ours)]
    allowed = [sys.executable, *PACKAGES]
    status, said = run(
        "import os\n"
        f"print([p for p in {list(map(str, forbidden))} if os.path.exists(p)])\n"
        f"print(all(map(os.path.exists, {list(map(str, allowed))})))"
    )
    assert (status, said.split()) == (0, ["[]", "True"]), said


@needs_jail
def test_what_is_hidden_is_covered_up():
    status, said = run(
        f"import os; p = {str(PACKAGES[1] / 'hidden')!r}; print(os.listdir(p) if os.path.exists(p) else [])"
    )
    assert (status, said.strip()) == (0, "[]")
    assert (PACKAGES[1] / "hidden" / "README.md").exists()


@needs_jail
def test_nothing_can_be_written_but_a_private_home():
    places = [sys.prefix, sys.base_prefix, *map(str, PACKAGES), "/usr", "/", "/dev"]
    status, said = run(
        "import os\n"
        f"print([p for p in {places} if os.access(p, os.W_OK) and not os.statvfs(p).f_flag & os.ST_RDONLY])\n"
        "open('notes', 'w').write('mine'); print(os.getcwd())"
    )
    assert status == 0, said
    assert said.splitlines() in (["[]", str(HOME)], ["['/']", str(HOME)])
    assert not Path(HOME, "notes").exists()


@needs_jail
def test_no_network_and_no_other_process():
    with socket.create_server(("127.0.0.1", 0)) as server:
        status, said = run(
            "import os, socket\n"
            f"try: socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 2); print('in')\n"
            "except OSError: print('out')\n"
            "print(sum(name.isdigit() for name in os.listdir('/proc')))"
        )
    assert status == 0, said
    reached, processes = said.split()
    assert reached == "out"
    assert int(processes) <= 2  # its own, and the one that adopts orphans


@needs_jail
def test_it_has_no_rights_to_give_or_to_take():
    status, said = run(
        "import ctypes, os\n"
        "print([line for line in open('/proc/self/status') if line.startswith('CapEff')][0].split()[1])\n"
        "print(ctypes.CDLL(None).unshare(0x10000000))"  # CLONE_NEWUSER
    )
    assert status == 0, said
    rights, nested = said.split()
    assert int(rights, 16) == 0
    assert nested == "-1"


@needs_jail
def test_a_loopback_of_its_own_works():
    source = (
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(s.getsockname(), 2); print('served')"
    )
    assert run(source) == (0, "served\n")


@needs_jail
def test_scratch_files_have_a_limit():
    spec = SandboxSpec(limits=Limits(scratch=2 * MIB))
    status, said = run("open('big', 'wb').write(bytes(4 << 20))", spec)
    assert status != 0 and "No space left" in said


@needs_jail
def test_models_come_in_read_only_and_guesses_stay_out(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path))
    (tmp_path / "predictions").mkdir()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "small.gguf").write_text("weights")
    source = (
        "import os; from pathlib import Path; home = Path(os.environ['UNDER500_HOME'])\n"
        "print(sorted(p.name for p in home.iterdir()), (home / 'models/small.gguf').read_text())\n"
        "(home / 'predictions').mkdir()\n"
        "try: (home / 'models/x').write_text('x')\n"
        "except OSError: print('read-only')"
    )
    assert run(source, SandboxSpec(models=True)) == (0, "['models'] weights\nread-only\n")
    assert run(source.splitlines()[0] + "; print(home.exists())") == (0, "False\n")


def test_the_environment_does_not_say_who_grades(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("LD_PRELOAD", "x.so")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    names = environment(HOME, SandboxSpec())
    assert set(names) == {
        "PATH",
        "HOME",
        "TMPDIR",
        "USER",
        "LANG",
        "MPLBACKEND",
        "UNDER500_HOME",
    } | ({"OMP_NUM_THREADS"} | {n for n in jail.PASSED_ON if n in os.environ})
    assert names["OMP_NUM_THREADS"] == "3"


def test_without_a_jail_nothing_runs(monkeypatch):
    monkeypatch.setattr(jail, "why_no_jail", lambda: "bubblewrap is not installed.")
    with pytest.raises(NoJailError, match="bubblewrap is not installed"):
        start(["-c", "print('there')"], SandboxSpec())


def test_a_process_that_is_to_have_no_jail_says_so():
    started = start(["-c", "print('there')"], SandboxSpec(jailed=False))
    said, _ = started.process.communicate(timeout=60)
    started.clear()
    assert said == b"there\n"
    assert started.note.startswith("Not jailed: ")
    assert not started.scratch.exists()


@pytest.mark.parametrize(
    ("asked", "why", "root", "refusal"),
    [
        (True, "", True, None),
        (True, "", False, None),
        (False, "", False, None),
        (False, "no bwrap.", False, None),
        (True, "no bwrap.", False, "no bwrap.*--no-jail"),
        (True, "no bwrap.", True, "no bwrap"),
        (False, "", True, "as root"),
        (False, "no bwrap.", True, "as root"),
    ],
)
def test_no_jail_no_grade_and_never_as_root(monkeypatch, asked, why, root, refusal):
    monkeypatch.setattr(jail, "why_no_jail", lambda: why)
    monkeypatch.setattr(jail.users, "is_root", lambda: root)
    if refusal is None:
        require(asked)
        return
    with pytest.raises(NoJailError, match=refusal):
        require(asked)


@pytest.mark.parametrize(
    ("platform", "which", "why"),
    [
        ("darwin", "/bin/bwrap", "only on Linux"),
        ("linux", None, "apt install bubblewrap"),
    ],
)
def test_why_there_is_no_jail(monkeypatch, platform, which, why):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("shutil.which", lambda name: which)
    assert why in why_no_jail.__wrapped__()


def test_a_jail_that_does_not_start_says_why(monkeypatch):
    def broken(command, **options):
        text = "--size" if "--help" in command else ""
        return subprocess.CompletedProcess(
            command, 1, text, "bwrap: No permissions to create namespace"
        )

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: "/bin/bwrap")
    monkeypatch.setattr(subprocess, "run", broken)
    assert "No permissions" in why_no_jail.__wrapped__()

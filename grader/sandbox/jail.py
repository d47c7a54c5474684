"""The sandbox of a learner's process: bubblewrap on Linux; elsewhere a plain process, which is reported.

The process sees a read-only system, this Python, the two packages without their hidden files, and a private
home that is deleted afterwards. It has no network and sees no other process, no gradebook, no solution and
no other learner. The sandbox does not need root. Its processes cannot see the referee, which can stop and
kill them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import grader
import harness
from grader.sandbox.limits import Limits
from harness import store

HOME = Path("/home/learner")
PACKAGES = tuple(Path(package.__file__).parent for package in (harness, grader))
# Needed by libraries: the linker's cache, alternatives such as `libblas.so`, time zones, fonts.
ETC = ("ld.so.cache", "alternatives", "localtime", "fonts")
SYSTEM = ("/usr", *(f"/etc/{name}" for name in ETC), "/sys/devices/system")
# symbolic links into /usr on most distributions
LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
# folders of the cache that a learner must not see: other people's predictions
SECRET = ("predictions",)
# Both sides of a comparison get the same thread settings; no other variable is passed on.
HANDED_ON = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
PROBE_S = 60.0  # a start takes 0.02 s; a busy machine must not disable the sandbox


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """The specification of a sandbox.

    models: mount what `under500 prepare` built, read-only. jailed: False to run without bubblewrap.
    """

    models: bool = False
    jailed: bool = True
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Started:
    """A started process. note: "" if it is sandboxed, otherwise why not. scratch: its temporary folder."""

    process: subprocess.Popen[bytes]
    note: str
    scratch: Path

    def clear(self) -> None:
        """Remove the process's files. Call it after the process has ended."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def start(arguments: Sequence[str], spec: SandboxSpec, fds: Iterable[int] = ()) -> Started:
    """Run Python with `arguments` in a sandbox; stdout and stderr share one pipe.

    fds: file descriptors that it inherits. Raises OSError if the system cannot start another process.
    """
    note = why_no_jail() if spec.jailed else "Sandboxing is switched off."
    scratch = Path(tempfile.mkdtemp(prefix="under500-learner-"))
    home = scratch if note else HOME
    command = [sys.executable, "-I", *arguments]
    process = subprocess.Popen(
        command if note else [*bwrap_command(spec), "--", *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment(home, spec, jailed=not note),
        cwd=scratch,
        pass_fds=tuple(fds),
        start_new_session=True,  # Ctrl-C in our terminal must not reach it
    )
    return Started(process, note and f"Not jailed: {note}", scratch)


@cache
def why_no_jail() -> str:
    """Return why this machine has no sandbox, or "" if it has one."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap exists only on Linux."
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (Debian: apt install bubblewrap)."
    try:
        command = [*bwrap_command(SandboxSpec()), "--", sys.executable, "-I", "-c", "pass"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_S, env={})
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start ({type(error).__name__})."
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return f"bubblewrap does not start ({why[0]})."
    return ""


def environment(home: Path, spec: SandboxSpec, jailed: bool) -> dict[str, str]:
    """Return the environment variables of the process; none reveals that it is being graded."""
    handed_on = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    cache_folder = home / "under500" if jailed or not spec.models else store.home()
    return handed_on | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(home if not jailed else Path("/tmp")),
        "USER": "learner",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        store.HOME_VARIABLE: str(cache_folder),
    }


def bwrap_command(spec: SandboxSpec, rights: Iterable[str] = ()) -> list[str]:
    """Return the bubblewrap command line up to the command.

    rights: capabilities within its namespaces, for the zygote, which sets up nested sandboxes.
    """
    size = ["--size", str(spec.limits.scratch)] if _knows("--size") else []
    nested = ["--disable-userns"] if _knows("--disable-userns") and not rights else []
    added = [part for right in rights for part in ("--cap-add", right)]
    # As root of its namespace, bubblewrap creates no second one, in which the capabilities would have no
    # effect.
    root = ("--uid", "0", "--gid", "0") if rights else ()
    return [
        *("bwrap", "--unshare-all", "--unshare-user", *nested, "--die-with-parent"),
        *("--new-session", "--cap-drop", "ALL", *added, *root, "--hostname", "desk"),
        *system(),
        *("--proc", "/proc", "--dev", "/dev", *size, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"),
        *(*size, "--tmpfs", "/tmp", *size, "--tmpfs", str(HOME), "--chdir", str(HOME)),
        *python(),
        *(_models() if spec.models else ()),
    ]


def system() -> list[str]:
    """Return the options that mount the machine's programs and libraries read-only."""
    bound = [part for path in SYSTEM for part in ("--ro-bind-try", path, path)]
    for path in map(Path, LINKS):
        if path.is_symlink():
            bound += ["--symlink", str(path.readlink()), str(path)]
        elif path.exists():
            bound += ["--ro-bind", str(path), str(path)]
    return bound


def code_paths() -> list[str]:
    """Return the folders of the interpreter and of both packages."""
    return list(dict.fromkeys([sys.base_prefix, sys.prefix, *map(str, PACKAGES)]))


def python() -> list[str]:
    """Return the options that mount the interpreter and the packages, and hide `hidden/`."""
    bound = [part for place in code_paths() for part in ("--ro-bind", place, place)]
    hidden = PACKAGES[1] / "hidden"
    return [*bound, *(["--tmpfs", str(hidden)] if hidden.exists() else [])]


def _models() -> list[str]:
    folder = store.home()
    shared = sorted(path for path in folder.iterdir() if path.name not in SECRET)
    return [
        part
        for path in shared
        for part in ("--ro-bind", str(path), str(HOME / "under500" / path.name))
    ]


@cache
def _knows(option: str) -> bool:
    """Return whether this bubblewrap has the option: `--size` came with 0.5, `--disable-userns` with 0.8."""
    done = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, timeout=PROBE_S)
    return option in done.stdout + done.stderr

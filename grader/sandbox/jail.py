"""The sandbox of a learner's process: bubblewrap on Linux; elsewhere a plain process, if that is asked for.

The process sees a read-only system, this Python, `harness` and the public part of `grader`, and a private
home that is deleted afterwards. It has no network and sees no other process, no gradebook, no solution and
no other learner. The sandbox does not need root; if the grader is root, the process is another user. Its
processes cannot see the referee, which can stop and kill them all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from grader.sandbox import mounts, users
from grader.sandbox.limits import Limits
from grader.sandbox.mounts import HOME, PROBE_S
from harness import store
from harness.errors import PlainError

# Both sides of a comparison get the same thread settings; no other variable is passed on.
PASSED_ON = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
NO_LIBRARY = "libseccomp is not installed (Debian: apt install libseccomp2)."
# Namespaces of its own: all but that of users, which `_users` chooses.
UNSHARED = tuple(f"--unshare-{kind}" for kind in ("ipc", "pid", "net", "uts", "cgroup-try"))


class NoJailError(PlainError):
    """Learners' code would run without a jail, or as root; the message says why and what to do."""


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

    fds: file descriptors that it inherits. Raises NoJailError if a jail is asked for and there is none, and
    OSError if the system cannot start another process.
    """
    if spec.jailed and (why := why_no_jail()):
        raise NoJailError(f"There is no jail, so nothing was run. {why}")
    scratch = Path(tempfile.mkdtemp(prefix="under500-learner-"))
    command = [sys.executable, "-I", *arguments]
    with jail_command(command, spec) if spec.jailed else _plain_command(command) as (line, needed):
        process = subprocess.Popen(
            line,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment(HOME if spec.jailed else scratch, spec),
            cwd=scratch,
            pass_fds=(*fds, *needed),
            start_new_session=True,  # Ctrl-C in our terminal must not reach it
        )
    return Started(process, "" if spec.jailed else f"Not jailed: {why_plain()}", scratch)


def require(asked: bool) -> None:
    """Raise NoJailError unless learners' code may run here. asked: False if `--no-jail` was said."""
    if asked and (why := why_no_jail()):
        raise NoJailError(
            f"There is no jail, so nothing was graded. {why} Or say --no-jail: then learners' code can do "
            "all that you can, and every page says so."
        )
    if not asked and users.is_root():
        raise NoJailError(
            "Without a jail, learners' code would run as root, so nothing was graded: grade as another user."
        )


@cache
def why_no_jail() -> str:
    """Return why this machine has no sandbox, or "" if it has one."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap exists only on Linux."
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed (Debian: apt install bubblewrap)."
    try:
        with jail_command([sys.executable, "-I", "-c", "pass"], SandboxSpec()) as (line, needed):
            options = {"capture_output": True, "text": True, "timeout": PROBE_S}
            done = subprocess.run(line, pass_fds=needed, env={"PATH": "/usr/bin:/bin"}, **options)
    except (ImportError, RuntimeError):
        return NO_LIBRARY
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start ({type(error).__name__})."
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        return f"bubblewrap does not start ({why[0]})."
    return ""


def why_plain() -> str:
    """Return why a process without a jail has none: the machine cannot, or nobody asked for one."""
    return why_no_jail() or "it was switched off with --no-jail."


def environment(home: Path, spec: SandboxSpec) -> dict[str, str]:
    """Return the environment variables of the process; none reveals that it is being graded."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    cache_folder = home / "under500" if spec.jailed or not spec.models else store.home()
    return passed_on | {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(home),
        "TMPDIR": str(Path("/tmp") if spec.jailed else home),
        "USER": "learner",
        "LANG": "C.UTF-8",
        "MPLBACKEND": "agg",
        store.HOME_VARIABLE: str(cache_folder),
    }


@contextmanager
def jail_command(
    command: Sequence[str], spec: SandboxSpec, rights: Iterable[str] = ()
) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    """Yield the command line that runs `command` in a jail, and the descriptors that it needs.

    rights: capabilities within its namespaces, for the zygote, which sets up nested sandboxes. With any, it
    keeps its user and has no filter of system calls; it must put both on a learner. Raises OSError, and
    ImportError or RuntimeError without libseccomp.
    """
    from grader.sandbox import syscalls

    rights = tuple(rights)
    with ExitStack() as stack:
        files = [] if rights else [stack.enter_context(syscalls.compiled())]
        filters = tuple(file.fileno() for file in files)
        spaces, given = _users(rights)
        confined = [part for fd in filters for part in ("--seccomp", str(fd))]
        drop = users.become() if users.is_root() and not rights else []
        line = [
            *(
                "bwrap",
                *spaces,
                *UNSHARED,
                "--die-with-parent",
                "--new-session",
                "--hostname",
                "desk",
            ),
            *("--cap-drop", "ALL", *(part for cap in given for part in ("--cap-add", cap))),
            *mounts.options(spec.limits.scratch, spec.models),
            *("--chdir", str(HOME), *confined, "--", *drop, *command),
        ]
        yield line, (*filters, *((users.namespace(),) if users.is_root() else ()))


@contextmanager
def _plain_command(command: Sequence[str]) -> Iterator[tuple[list[str], tuple[int, ...]]]:
    yield list(command), ()


def _users(rights: tuple[str, ...]) -> tuple[list[str], tuple[str, ...]]:
    """Return bubblewrap's options for the users of a jail, and the capabilities that its program has."""
    if users.is_root():
        return ["--userns", str(users.namespace())], (*rights, *users.RIGHTS)
    if rights:
        # As root of its namespace, bubblewrap creates no second one, in which the capabilities would have
        # no effect.
        return ["--unshare-user", "--uid", "0", "--gid", "0"], rights
    return [
        "--unshare-user",
        *(["--disable-userns"] if mounts.knows("--disable-userns") else []),
    ], ()

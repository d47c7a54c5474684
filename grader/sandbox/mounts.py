"""What a learner's process finds in its jail, as options of bubblewrap.

Everything is listed: programs and libraries, the interpreter, `harness`, and of `grader` the public part
alone. Course, solutions, other submissions and the secret stay out wherever they lie: a folder of the
grader's that is below a mounted one is covered by an empty one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import grader
import harness
from grader import secret
from grader.sandbox import users
from harness import knobs, store

HOME = Path("/home/learner")
WRITABLE = ("/dev/shm", "/tmp", str(HOME))  # file systems in memory, each of its own
PACKAGES = tuple(Path(package.__file__).parent for package in (harness, grader))
# Needed by libraries: the linker's cache, alternatives such as `libblas.so`, time zones, fonts.
ETC = ("ld.so.cache", "alternatives", "localtime", "fonts")
# The parts of /usr and of a Python prefix that hold software; a course may lie beside them.
PARTS = (
    *("bin", "sbin", "lib", "lib32", "lib64", "libexec", "share", "include", "etc"),
    "pyvenv.cfg",
)
PREFIXES = ("/usr", "/usr/local")
SYSTEM = (
    *(f"{prefix}/{part}" for prefix in PREFIXES for part in PARTS),
    *(f"/etc/{name}" for name in ETC),
    "/sys/devices/system",
)
# symbolic links into /usr on most distributions
LINKS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64")
# Settings of the kernel, which belong to root: read-only, even for a process that is root outside.
KERNEL = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs", "/proc/acpi")
# What `under500 prepare` builds, as patterns in the cache folder. Predictions, transcripts of interviews
# and results of other learners lie beside it.
PREPARED = (
    *("models", "hub", "requantised", "vectors", "interview", "interviews/*/"),
    f"{knobs.FILE}*",
)
# The public part of `grader`: what the learner's process itself consists of. It holds no check and no
# threshold. `exercise` is there for its messages and limits, which both ends of the protocol share.
PUBLIC = (
    "__init__.py",
    *(f"exercise/{name}.py" for name in ("__init__", "call_limits", "exercise")),
    *(f"exercise/{name}.py" for name in ("exported", "own_work", "stderr_to_stdout")),
    *(f"exercise/{name}.py" for name in ("time_and_output", "traces")),
    *(f"remote/{name}.py" for name in ("__init__", "codec", "connection", "framing", "opaque")),
    *(f"remote/learner_{name}.py" for name in ("process", "references")),
    *(f"remote/{name}.py" for name in ("remote_errors", "zygote")),
    *(f"sandbox/{name}.py" for name in ("__init__", "limits", "namespaces", "syscalls")),
)
# Notebooks say `from grader import checks`; in the jail they get names without checks behind them.
STAND_INS = {"sandbox/public_checks.py": "checks/__init__.py"}
PROBE_S = 60.0  # a busy machine must not disable the sandbox

# A place in the jail, and the options that mount something there.
Mounts = dict[str, tuple[str, ...]]


def options(size: int, models: bool) -> list[str]:
    """Return the options that mount everything. size: bytes of each folder that can be written.

    models: mount what `under500 prepare` built.
    """
    scratch = _scratch(size)
    covers = [str(PACKAGES[1]), *map(str, _private())]
    mounts: Mounts = {
        **_bound(*SYSTEM),
        **_links(),
        "/proc": ("--proc", "/proc"),
        "/dev": ("--dev", "/dev"),
        **{place: (*scratch, "--tmpfs", place) for place in WRITABLE},
        **_bound(*KERNEL),
        **{place: ("--tmpfs", place) for place in covers},
        **_bound(*_interpreter(), str(PACKAGES[0])),
        **_public(),
        **(_prepared() if models else {}),
    }
    mounts = _parents(mounts) | mounts
    parents_first = sorted(mounts, key=lambda place: Path(place).parts)
    closed = ("/dev", *covers, "/")
    return [
        *(part for place in parents_first for part in mounts[place]),
        *(part for place in closed for part in ("--remount-ro", place)),
    ]


def system() -> list[str]:
    """Return the options that mount the machine's programs and libraries read-only."""
    return [part for mount in (_bound(*SYSTEM) | _links()).values() for part in mount]


def code_paths() -> list[str]:
    """Return the folders of the interpreter and of both packages."""
    return list(dict.fromkeys([*_interpreter(), *map(str, PACKAGES)]))


def python() -> list[str]:
    """Return the options that mount the interpreter and both packages, and hide `hidden/`."""
    bound = [part for mount in _bound(*code_paths()).values() for part in mount]
    hidden = PACKAGES[1] / "hidden"
    return [*bound, *(["--tmpfs", str(hidden)] if hidden.exists() else [])]


def _interpreter() -> list[str]:
    prefixes = dict.fromkeys((sys.base_prefix, sys.prefix))
    return [f"{prefix}/{part}" for prefix in prefixes for part in PARTS]


def _bound(*places: str) -> Mounts:
    return {place: ("--ro-bind-try", place, place) for place in places}


def _links() -> Mounts:
    links = {path: Path(path) for path in LINKS}
    return {
        place: ("--symlink", str(path.readlink()), place)
        if path.is_symlink()
        else ("--ro-bind-try", place, place)
        for place, path in links.items()
    }


def _parents(mounts: Iterable[str]) -> Mounts:
    """Return the folders above all mounts; bubblewrap would make them for root only."""
    opened = ("--perms", "0755") if users.is_root() else ()
    above = {str(folder) for place in mounts for folder in Path(place).parents} - {"/"}
    return {folder: (*opened, "--dir", folder) for folder in above}


def _scratch(size: int) -> list[str]:
    limit = ["--size", str(size)] if knows("--size") else []
    return [*limit, *(["--perms", "1777"] if users.is_root() else [])]


def _public() -> Mounts:
    """Return the mounts of the public part of `grader`, each file in its place."""
    folder = PACKAGES[1]
    files = {folder / name: folder / name for name in PUBLIC}
    files |= {folder / source: folder / name for source, name in STAND_INS.items()}
    return {str(place): ("--ro-bind", str(file), str(place)) for file, place in files.items()}


def _private() -> list[Path]:
    """Return the grader's own folders that a mounted one contains."""
    checkout = PACKAGES[0].parent
    own = {Path.cwd(), store.home(), secret.FILE.parent}
    own |= {checkout} if (checkout / "solutions").is_dir() else set()
    shown = [Path(place) for place in (*SYSTEM, *_interpreter(), *map(str, PACKAGES))]
    return [
        folder
        for folder in {path.resolve() for path in own}
        if any(place in folder.parents for place in shown)
    ]


def _prepared() -> Mounts:
    """Return the mounts of what `under500 prepare` built, below the learner's home."""
    folder = store.home()
    shared = sorted(path for pattern in PREPARED for path in folder.glob(pattern))
    users.let_read(shared)
    inside = HOME / "under500"
    opened = ("--perms", "0777") if users.is_root() else ()
    places = {path: str(inside / path.relative_to(folder)) for path in shared}
    mounted = {place: ("--ro-bind", str(path), place) for path, place in places.items()}
    return {str(inside): (*opened, "--dir", str(inside)), **mounted}


@cache
def knows(option: str) -> bool:
    """Return whether this bubblewrap has the option: `--size` came with 0.5, `--disable-userns` with 0.8."""
    done = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, timeout=PROBE_S)
    return option in done.stdout + done.stderr

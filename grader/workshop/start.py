"""Preparation and start of a workshop: accounts, course, exchange, models, settings and hub."""

from __future__ import annotations

import json
import os
import pwd
import resource
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from grader.course import roster
from grader.grading.reference import ROOT
from grader.workshop import accounts, one_class, origins, ports, shared_models
from grader.workshop.accounts import Person
from grader.workshop.paths import COURSE_ID, INSTRUCTOR, VARIABLE, Workshop, variable
from harness import setup
from harness.errors import WrongUseError

COURSE = ("solutions", "labs", "nbgrader_config.py")  # copied from the repository
STICKY = 0o1777  # everybody may add files, and nobody may delete those of others
# Rights of the exchange's folders, as nbgrader sets them; but in the inbox, nobody can delete another's.
EXCHANGE = {"outbound": "0755", "inbound": "3733", "feedback": "0711"}
# Open files of the hub and its proxy. With the usual 1,024, a thousand idle connections silence the hub.
FILES = 65_536
SOCKET_PATH = 107  # bytes of a Unix socket's path, by Linux
CONFIG = Path(__file__).with_name("hub_config.py")
# JupyterLab's settings as `make start` uses them. The text of a notebook has no buttons that run commands:
# one click would run the cells of a collected notebook as the instructor.
LAB_SETTINGS = Path(setup.__file__).parent / "jupyter" / "labconfig"
# Those of the instructor's server: a submission that is opened in it runs no widget, draws no Vega chart, and
# loads nothing from elsewhere. JupyterLab does the first two for notebooks that nobody trusts.
INSTRUCTORS = CONFIG.parent / "deploy" / "etc" / "instructor"
SERVER_SETTINGS = INSTRUCTORS / "jupyter_server_config.json"
PAGE_SETTINGS = INSTRUCTORS / "labconfig" / "page_config.json"
# Everybody on this machine can connect to a kernel's ports; without its key, they read and send nothing.
KERNELS = {"KernelManager": {"transport_encryption": "required"}}
# Voilà runs a notebook, and nbgitpuller fetches files, as soon as somebody who is logged in opens a link.
NO_LINKS = {
    "ServerApp": {"jpserver_extensions": {"voila.server_extension": False, "nbgitpuller": False}}
}
# JupyterLab's debugger opens a port in the kernel that runs whatever anybody on this machine sends.
NO_DEBUGGER = {"@jupyterlab/debugger-extension": True}
# nbgrader's default limits a learner's cell to 30 s; the labs need more.
LEARNER_CONFIG = """c = get_config()
c.CourseDirectory.course_id = "{course}"
c.Exchange.root = "{exchange}"
c.ExecutePreprocessor.timeout = 300
c.Execute.skip_cells_with_tag = ""
"""
INSTRUCTOR_CONFIG = """c = get_config()
load_subconfig("nbgrader_config.py", path="{folder}")
c.CourseDirectory.root = "{folder}"
c.Exchange.root = "{exchange}"
c.ExchangeFactory.collect = "grader.workshop.exchange.Collect"
c.ExchangeFactory.list = "grader.workshop.exchange.List"
"""


def prepare_hub(
    workshop: Workshop, learners: int, roster_file: Path | None = None, source: Path = ROOT
) -> list[Person]:
    """Prepare everything except the hub, and return the people; safe to repeat.

    With a roster, its learners get accounts, and those of earlier starts who are not in it lose theirs. Their
    files, marks and user ids stay. Raises WrongUseError, AccountError.
    """
    accounts.require_root()
    _check(workshop, source)
    for folder in (workshop.root, workshop.root / "homes", workshop.root / "etc"):
        folder.mkdir(parents=True, exist_ok=True)
    workshop.hub.mkdir(mode=accounts.CLOSED, exist_ok=True)
    names = accounts.numbered(learners)
    if roster_file:
        names = [learner.login for learner in roster.read(roster_file)]
    persons = accounts.people(workshop, names)
    if roster_file:
        accounts.remove(workshop, {one.name for one in persons} - {INSTRUCTOR, *names})
    active = [one for one in persons if not roster_file or one.name in {INSTRUCTOR, *names}]
    accounts.create(workshop, active, known=persons)
    _exchange(workshop)
    shared_models.share(workshop)
    _settings(workshop)
    _course(workshop, source)
    if roster_file:
        _roster(workshop, roster_file)
    for person in active:
        shared_models.link(workshop, person.name)
    return active


def run_hub(workshop: Workshop) -> int:
    """Run the hub until it is stopped, and return its exit status.

    Raises WrongUseError if a class runs in this folder, another program has one of the hub's ports, or a
    learner could take one.
    """
    command = [str(_executable("jupyterhub")), "-f", str(CONFIG)]
    allow_files()
    with one_class.alone(workshop) as folder, ports.privileged(workshop) as limit:
        accounts.kill_processes(workshop)  # of an earlier hub that was killed
        try:
            with ports.reserved(workshop):
                settings = {"env": environment(workshop), "cwd": workshop.hub}
                # The hub keeps both locks if this process is killed.
                return subprocess.run(command, pass_fds=[folder, limit], **settings).returncode
        finally:
            accounts.kill_processes(workshop)  # servers that the hub has not ended


def allow_files() -> None:
    """Let this process and those it starts open FILES files, or as many as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= FILES:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, max(hard, FILES)))
    except (ValueError, OSError):  # only root may raise the hard limit, and not everywhere
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def environment(workshop: Workshop) -> Mapping[str, str]:
    """Return the hub's environment variables."""
    path = os.pathsep.join([str(_executable("")), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, VARIABLE: variable(workshop)}


def _check(workshop: Workshop, source: Path) -> None:
    origins.check(workshop)
    one_class.require_stopped(workshop)
    if missing := [name for name in COURSE if not (source / name).exists()]:
        raise WrongUseError(f"There is no {missing[0]} in {source}: run this from the repository.")
    if workshop.root.resolve().is_relative_to(source.resolve()):
        raise WrongUseError(
            f"{workshop.root} is inside the repository, where the solutions are: choose another folder."
        )
    for name in ("jupyterhub", "configurable-http-proxy"):
        if not shutil.which(name, path=environment(workshop)["PATH"]):
            raise WrongUseError(f"A workshop needs {name}: run `make workshop`, which installs it.")
    _check_proxy(workshop)


def _check_proxy(workshop: Workshop) -> None:
    """Raise WrongUseError if the proxy cannot take the hub's orders at `proxy_socket`."""
    command = ["configurable-http-proxy", "--help"]
    done = subprocess.run(command, env=environment(workshop), capture_output=True, text=True)
    if "--api-socket" not in done.stdout:
        raise WrongUseError(
            "configurable-http-proxy is too old, or does not start: run `make workshop`, which installs "
            f"5.2 or newer for Node 20 or newer. {done.stderr[-500:]}".rstrip()
        )
    if len(os.fsencode(workshop.proxy_socket)) > SOCKET_PATH:
        raise WrongUseError(
            f"{workshop.proxy_socket} is longer than the {SOCKET_PATH} bytes that a socket's path may have: "
            "choose a --folder with a shorter path."
        )


def _exchange(workshop: Workshop) -> None:
    """Create the course's folders in the exchange before a learner can: who owns them reads all submissions.

    Raises WrongUseError if somebody else has created one.
    """
    workshop.exchange.mkdir(exist_ok=True)
    # nbgrader insists on a folder that everybody can write to, but nobody can replace the course's in it.
    workshop.exchange.chmod(STICKY)
    owner, course = pwd.getpwnam(INSTRUCTOR), workshop.exchange / COURSE_ID
    if not os.path.lexists(course):
        course.mkdir(mode=0o755)
        course.chmod(0o755)  # whatever the umask is
        os.chown(course, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    _require_owned(course, owner.pw_uid)
    for name, mode in EXCHANGE.items():  # with the instructor's rights: they own the folder
        if os.path.lexists(course / name):
            _require_owned(course / name, owner.pw_uid)
        accounts.as_person(INSTRUCTOR, "mkdir", "-p", name, cwd=course)
        accounts.as_person(INSTRUCTOR, "chmod", mode, name, cwd=course)


def _require_owned(folder: Path, uid: int) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid:
        raise WrongUseError(
            f"{folder} is not a folder of the instructor's: user id {found.st_uid} created it and could "
            "read all submissions. Look at it, move it away, and start again."
        )


def _settings(workshop: Workshop) -> None:
    values = {"course": COURSE_ID, "exchange": workshop.exchange, "folder": workshop.course}
    for name, text in ((INSTRUCTOR, INSTRUCTOR_CONFIG), ("", LEARNER_CONFIG)):
        folder = workshop.settings(name)
        shutil.copytree(LAB_SETTINGS, folder / "labconfig", dirs_exist_ok=True)
        page = folder / "labconfig" / PAGE_SETTINGS.name
        if name == INSTRUCTOR:  # the learners' one hides nbgrader's tools for instructors
            shutil.copy2(PAGE_SETTINGS, page)
        _without_debugger(page)
        (folder / "nbgrader_config.py").write_text(text.format(**values), encoding="utf-8")
        (folder / "jupyter_config.json").write_text(
            json.dumps(KERNELS | NO_LINKS), encoding="utf-8"
        )
    shutil.copy2(SERVER_SETTINGS, workshop.settings(INSTRUCTOR))


def _without_debugger(path: Path) -> None:
    """Add NO_DEBUGGER to the settings of JupyterLab's page."""
    settings = json.loads(path.read_text(encoding="utf-8"))
    disabled = settings.get("disabledExtensions", {}) | NO_DEBUGGER
    settings = settings | {"disabledExtensions": disabled}
    path.write_text(json.dumps(settings), encoding="utf-8")


def _course(workshop: Workshop, source: Path) -> None:
    """Copy the course to the instructor's home, unless it is there: the instructor may have changed it."""
    if workshop.course.exists():
        return
    part = workshop.hub / "course"  # only root can read it until it is complete
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in COURSE:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy2
        copy(source / name, part / name)
    for path in (part, *part.rglob("*")):
        shutil.chown(path, INSTRUCTOR, INSTRUCTOR)
    part.rename(workshop.course)


def _roster(workshop: Workshop, source: Path) -> None:
    """Copy the roster into the course, with the instructor's rights: the folder is theirs."""
    text = source.read_text(encoding="utf-8-sig")
    target = str(workshop.course / roster.FILE)
    accounts.as_person(INSTRUCTOR, "tee", target, cwd=workshop.course, stdin=text)


def _executable(name: str) -> Path:
    return Path(sys.executable).parent / name

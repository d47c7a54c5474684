"""A workshop made ready and brought up: accounts, course, exchange, models, settings, hub."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from grader.grading.reference import ROOT
from grader.workshop import accounts
from grader.workshop.accounts import Person
from grader.workshop.paths import COURSE_ID, INSTRUCTOR, VARIABLE, Workshop
from harness import store
from harness.errors import WrongUseError

COURSE = ("solutions", "labs", "nbgrader_config.py")  # of the repository
OWN = (
    "predictions",
    "interviews",
    "figures",
    "results",
)  # what people write into their cache folder
STICKY = 0o1777  # everybody may add, nobody may take away what another one added
CONFIG = Path(__file__).with_name("hub_config.py")
# What only the instructor's JupyterLab shows. A page of the server that finds no course shows nothing.
INSTRUCTORS = ("formgrader", "create-assignment", "course-list")
# JupyterLab asks nobody whether it may look for news, which a class without the web cannot have.
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
# Formgrader is a page within JupyterLab, and JupyterHub lets no page stand in another by itself.
SAME = {"Content-Security-Policy": "frame-ancestors 'self'"}
FRAMED = {"ServerApp": {"tornado_settings": {"headers": SAME}}}
# nbgrader's page of settings would run a learner's cells for half a minute; the labs need more.
LEARNER = """c = get_config()
c.CourseDirectory.course_id = "{course}"
c.Exchange.root = "{exchange}"
c.ExecutePreprocessor.timeout = 300
c.Execute.skip_cells_with_tag = ""
"""
TEACHER = """c = get_config()
load_subconfig("nbgrader_config.py", path="{folder}")
c.CourseDirectory.root = "{folder}"
c.Exchange.root = "{exchange}"
c.ExchangeFactory.collect = "grader.workshop.exchange.Collect"
"""


def ready(workshop: Workshop, learners: int, source: Path = ROOT) -> list[Person]:
    """Everything but the hub; safe to repeat. Raises WrongUseError, AccountError."""
    accounts.allowed()
    _check(workshop, source)
    for folder in (workshop.root, workshop.root / "homes", workshop.root / "etc"):
        folder.mkdir(parents=True, exist_ok=True)
    workshop.hub.mkdir(mode=accounts.CLOSED, exist_ok=True)
    persons = accounts.people(workshop, learners)
    accounts.make(workshop, persons)
    workshop.exchange.mkdir(exist_ok=True)
    workshop.exchange.chmod(STICKY)
    _models(workshop)
    _settings(workshop)
    _course(workshop, source)
    for person in persons:
        _cache(workshop, person.name)
    return persons


def hub(workshop: Workshop) -> int:
    """Run the hub until it is stopped; returns its exit status."""
    command = [str(_beside("jupyterhub")), "-f", str(CONFIG)]
    try:
        return subprocess.run(command, env=environment(workshop), cwd=workshop.hub).returncode
    finally:
        accounts.end(workshop)  # servers that a hub which was killed has left behind


def environment(workshop: Workshop) -> Mapping[str, str]:
    """Of the hub."""
    path = os.pathsep.join([str(_beside("")), os.environ.get("PATH", "")])
    return os.environ | {"PATH": path, VARIABLE: f"{workshop.root}:{workshop.port}"}


def _check(workshop: Workshop, source: Path) -> None:
    if missing := [name for name in COURSE if not (source / name).exists()]:
        raise WrongUseError(f"There is no {missing[0]} in {source}: run this from the repository.")
    if workshop.root.resolve().is_relative_to(source.resolve()):
        raise WrongUseError(
            f"{workshop.root} is inside the repository, where the solutions are: choose another folder."
        )
    for name in ("jupyterhub", "configurable-http-proxy"):
        if not shutil.which(name, path=environment(workshop)["PATH"]):
            raise WrongUseError(f"A workshop needs {name}: run `make workshop`, which installs it.")


def _models(workshop: Workshop) -> None:
    """What is prepared, where everybody may read it; the same file on disk where that is possible."""
    workshop.models.mkdir(exist_ok=True)
    for path in store.home().iterdir():
        to = workshop.models / path.name
        if path.name in OWN or to.exists():
            continue
        if path.is_dir():
            shutil.copytree(path, to, copy_function=_linked)
        else:
            _linked(path, to)


def _linked(source: str | Path, to: str | Path) -> None:
    try:
        os.link(source, to)
    except OSError:  # another disk
        shutil.copy2(source, to)


def _cache(workshop: Workshop, name: str) -> None:
    home = workshop.home(name)
    folder = home / ".cache" / "under500"
    accounts.as_person(name, "mkdir", "-p", str(folder), cwd=home)
    if built := sorted(map(str, workshop.models.iterdir())):
        accounts.as_person(name, "ln", "-sfn", "-t", str(folder), *built, cwd=home)


def _settings(workshop: Workshop) -> None:
    values = {"course": COURSE_ID, "exchange": workshop.exchange, "folder": workshop.course}
    for name, text in ((INSTRUCTOR, TEACHER), ("", LEARNER)):
        folder = workshop.settings(name)
        _put(folder / "nbgrader_config.py", text.format(**values))
        _put(folder / "labconfig" / "default_setting_overrides.json", json.dumps(QUIET))
    hidden = {f"@jupyter/nbgrader:{name}": True for name in INSTRUCTORS}
    page = json.dumps({"disabledExtensions": hidden})
    _put(workshop.settings("") / "labconfig" / "page_config.json", page)
    _put(workshop.settings(INSTRUCTOR) / "jupyter_server_config.json", json.dumps(FRAMED))


def _course(workshop: Workshop, source: Path) -> None:
    """The instructor's copy, once: afterwards it is theirs."""
    if workshop.course.exists():
        return
    part = workshop.hub / "course"  # root's, until it is whole
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    for name in COURSE:
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy2
        copy(source / name, part / name)
    for path in (part, *part.rglob("*")):
        shutil.chown(path, INSTRUCTOR, INSTRUCTOR)
    part.rename(workshop.course)


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _beside(name: str) -> Path:
    return Path(sys.executable).parent / name


def addresses(workshop: Workshop, persons: Iterable[Person]) -> list[tuple[str, str, str]]:
    """(name, password, address) of each, to be handed out."""
    where = f"http://127.0.0.1:{workshop.port}"
    return [(one.name, one.password, where) for one in persons]

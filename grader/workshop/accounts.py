"""Accounts of a workshop's people on this machine, so that its kernel separates them.

An account is created only under a free name and is marked as a workshop's; only marked accounts are removed.
"""

from __future__ import annotations

import csv
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from grader.workshop.paths import INSTRUCTOR, Workshop
from harness.errors import PlainError, WrongUseError

MARK = "under500 workshop"  # the account's comment field
CLOSED = 0o700
KILL_TIMEOUT_S = 10  # for killed processes to end
PASSWORD_BYTES = 6  # eight characters, short enough to type


class AccountError(PlainError):
    """An account could not be created or removed."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who logs in: the instructor or a learner."""

    name: str
    password: str


def people(workshop: Workshop, learners: int) -> list[Person]:
    """Return the instructor and `learners` learners; people of an earlier start keep their passwords."""
    names = [INSTRUCTOR, *(f"learner{number:02}" for number in range(1, learners + 1))]
    new = {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in names}
    return [Person(name, password) for name, password in (new | saved_passwords(workshop)).items()]


def create(workshop: Workshop, persons: Iterable[Person]) -> None:
    """Create accounts, passwords and private homes, and a list of them that only root can read.

    Raises AccountError if an account cannot be created, or belongs to somebody else.
    """
    persons = list(persons)
    for person in persons:
        _check(person.name)
    _write(workshop, persons)
    for person in persons:
        home = workshop.home(person.name)
        if not _is_marked(person.name):
            _run("useradd", "--no-create-home", "--home-dir", str(home), "--shell", "/bin/bash",
                 "--comment", MARK, "--user-group", person.name)  # fmt: skip
        home.mkdir(parents=True, exist_ok=True)
        shutil.chown(home, person.name, person.name)  # not its content: links may lead elsewhere
        home.chmod(CLOSED)
    lines = (f"{person.name}:{person.password}\n" for person in persons)
    _run("chpasswd", stdin="".join(lines))


def remove(workshop: Workshop) -> list[str]:
    """Remove the workshop's accounts and kill their processes; files stay. Returns their names."""
    names = kill_processes(workshop)
    for name in names:
        _run("userdel", name)
    return names


def kill_processes(workshop: Workshop) -> list[str]:
    """Kill all processes of the workshop's accounts. Returns the accounts' names."""
    names = [name for name in saved_passwords(workshop) if _is_marked(name)]
    uids = {pwd.getpwnam(name).pw_uid for name in names}
    processes = [process for process in psutil.process_iter() if _uid(process) in uids]
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=KILL_TIMEOUT_S)
    return names


def as_person(name: str, *command: str, cwd: Path) -> None:
    """Run a command with a person's rights, so that root follows no link of theirs.

    Raises AccountError if it fails.
    """
    _run(*command, user=name, group=name, extra_groups=[], cwd=cwd, umask=0o077)


def require_root() -> None:
    """Raise WrongUseError if this process cannot create accounts."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise WrongUseError(
            "A workshop creates an account for each learner, which needs root: run it as root on a "
            "separate machine, such as a container or a virtual machine."
        )
    if missing := [name for name in ("useradd", "chpasswd", "bwrap") if not shutil.which(name)]:
        raise WrongUseError(
            f"A workshop needs {', '.join(missing)} (Debian: apt install passwd bubblewrap)."
        )


def _uid(process: psutil.Process) -> int | None:
    """Return the process's user id, or None if it has ended."""
    with suppress(psutil.Error):
        return process.uids().real
    return None


def _check(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return
    if not _is_marked(name):
        raise AccountError(
            f"This machine has an account {name} that is not a workshop's: use a separate machine."
        )


def _is_marked(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_gecos == MARK
    except KeyError:
        return False


def saved_passwords(workshop: Workshop) -> dict[str, str]:
    """Return the passwords of an earlier start by name."""
    try:
        with workshop.accounts.open(newline="", encoding="utf-8") as file:
            return {row["name"]: row["password"] for row in csv.DictReader(file)}
    except FileNotFoundError:
        return {}


def _write(workshop: Workshop, persons: Iterable[Person]) -> None:
    descriptor = os.open(workshop.accounts, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "password"])
        rows.writerows((person.name, person.password) for person in persons)


def _run(*command: str, stdin: str = "", **rights: Any) -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, **rights)
    if done.returncode:
        raise AccountError(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")

"""People of a workshop: accounts of this machine, so that its kernel keeps them apart.

An account is made only under a name that is free, is marked as ours, and only marked ones are removed.
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
GONE_S = 10  # for killed processes to be gone
PASSWORD_BYTES = 6  # eight characters that a person can type


class AccountError(PlainError):
    """An account could not be made or removed."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who logs in."""

    name: str
    password: str

    @property
    def instructs(self) -> bool:
        """True for the one with the gradebook."""
        return self.name == INSTRUCTOR


def people(workshop: Workshop, learners: int) -> list[Person]:
    """The instructor and as many learners as asked for; those of an earlier start keep their passwords."""
    names = [INSTRUCTOR, *(f"learner{number:02}" for number in range(1, learners + 1))]
    fresh = {name: secrets.token_urlsafe(PASSWORD_BYTES) for name in names}
    return [Person(name, password) for name, password in (fresh | known(workshop)).items()]


def make(workshop: Workshop, persons: Iterable[Person]) -> None:
    """Accounts, passwords and closed homes; the list of them for root alone. Raises AccountError."""
    persons = list(persons)
    for person in persons:
        _check(person.name)
    _write(workshop, persons)
    for person in persons:
        home = workshop.home(person.name)
        if not _ours(person.name):
            _run("useradd", "--no-create-home", "--home-dir", str(home), "--shell", "/bin/bash",
                 "--comment", MARK, "--user-group", person.name)  # fmt: skip
        home.mkdir(parents=True, exist_ok=True)
        shutil.chown(home, person.name, person.name)  # not what is in it: that may lead elsewhere
        home.chmod(CLOSED)
    _run("chpasswd", given="".join(f"{one.name}:{one.password}\n" for one in persons))


def remove(workshop: Workshop) -> list[str]:
    """Accounts that are ours, away with all that they run; files stay. Returns their names."""
    names = end(workshop)
    for name in names:
        _run("userdel", name)
    return names


def end(workshop: Workshop) -> list[str]:
    """Kill what the accounts that are ours still run. Returns their names."""
    names = [name for name in known(workshop) if _ours(name)]
    numbers = {pwd.getpwnam(name).pw_uid for name in names}
    theirs = [one for one in psutil.process_iter() if _owner(one) in numbers]
    for one in theirs:
        with suppress(psutil.Error):
            one.kill()
    psutil.wait_procs(theirs, timeout=GONE_S)
    return names


def as_person(name: str, *command: str, cwd: Path) -> None:
    """Run a command with a person's rights, so that no link of theirs leads root astray.

    Raises AccountError.
    """
    _run(*command, user=name, group=name, extra_groups=[], cwd=cwd, umask=0o077)


def allowed() -> None:
    """Raises WrongUseError where accounts cannot be made."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise WrongUseError(
            "A workshop makes an account for each learner, which only root may do: run it as root "
            "on a machine of its own, such as a container or a virtual machine."
        )
    if missing := [name for name in ("useradd", "chpasswd", "bwrap") if not shutil.which(name)]:
        raise WrongUseError(
            f"A workshop needs {', '.join(missing)} (Debian: apt install passwd bubblewrap)."
        )


def _owner(process: psutil.Process) -> int | None:
    """The number of its account; None when it has ended."""
    with suppress(psutil.Error):
        return process.uids().real
    return None


def _check(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return
    if not _ours(name):
        raise AccountError(
            f"This machine has an account {name} that is not ours: run the workshop on a machine of its own."
        )


def _ours(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_gecos == MARK
    except KeyError:
        return False


def known(workshop: Workshop) -> dict[str, str]:
    """Names and passwords of an earlier start."""
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
        rows.writerows((one.name, one.password) for one in persons)


def _run(*command: str, given: str = "", **rights: Any) -> None:
    done = subprocess.run(command, input=given, capture_output=True, text=True, **rights)
    if done.returncode:
        raise AccountError(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")

"""Accounts of a workshop's people on this machine, so that its kernel separates them.

An account is created only under a free name and is marked as a workshop's; only marked accounts are removed.
A person's user id is stored in accounts.csv and never given to anybody else, so that files keep their owner
when accounts are removed and created again, or when the workshop's folder is restored on another machine.
"""

from __future__ import annotations

import csv
import io
import os
import pwd
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil

from grader.course.records import write_atomically
from grader.workshop.paths import INSTRUCTOR, Workshop
from harness.errors import PlainError, WrongUseError

MARK = "under500 workshop"  # the account's comment field
CLOSED = 0o700
KILL_TIMEOUT_S = 10  # for killed processes to end
PASSWORD_BYTES = 6  # eight characters, short enough to type
FIRST_UID = 20000  # above the ids that Linux gives to accounts of its own accord
LOGIN = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")  # what useradd and PAM take as a name
COLUMNS = ("name", "password", "uid")
# People work in their isolated servers only. With a shell, `su` or ssh would lead past the isolation.
NO_SHELL = "/usr/sbin/nologin"


class AccountError(PlainError):
    """An account could not be created or removed."""


@dataclass(frozen=True, slots=True)
class Person:
    """A person who logs in: the instructor or a learner."""

    name: str
    password: str
    uid: int


def numbered(learners: int) -> list[str]:
    """Return the names of learners without a roster: learner01, learner02, ..."""
    return [f"learner{number:02}" for number in range(1, learners + 1)]


def people(workshop: Workshop, learners: Iterable[str]) -> list[Person]:
    """Return the instructor, these learners, and everybody of earlier starts.

    The latter keep password and user id. Raises WrongUseError for a name that cannot be an account's.
    """
    names = dict.fromkeys([INSTRUCTOR, *learners])
    if wrong := [name for name in names if not LOGIN.fullmatch(name)]:
        raise WrongUseError(
            f"{wrong[0]!r} cannot be an account's name: use lower-case letters, digits and ._- only, "
            "32 at most, beginning with a letter."
        )
    found = {person.name: person for person in saved(workshop)}
    uid = max([FIRST_UID - 1, *(person.uid for person in found.values())])
    for name in names:
        if name not in found:
            uid = _next_uid(uid)
            found[name] = Person(name, secrets.token_urlsafe(PASSWORD_BYTES), uid)
    return list(found.values())


def _next_uid(uid: int) -> int:
    """Return the next user id that no account of this machine has."""
    taken = {account.pw_uid for account in pwd.getpwall()}
    return next(candidate for candidate in count(uid + 1) if candidate not in taken)


def create(
    workshop: Workshop, persons: Iterable[Person], known: Iterable[Person] | None = None
) -> None:
    """Create accounts, passwords and private homes, and a list of them that only root can read.

    `known` are all people of the list, also those without an account; by default, `persons`. Raises
    AccountError if an account cannot be created, or belongs to somebody else, and DiskError.
    """
    persons = list(persons)
    for person in persons:
        _check(person)
    _write(workshop, persons if known is None else known)
    for person in persons:
        home = workshop.home(person.name)
        if not _is_marked(person.name):
            _run("useradd", "--uid", str(person.uid), "--no-create-home", "--home-dir", str(home),
                 "--shell", NO_SHELL, "--comment", MARK, "--user-group", person.name)  # fmt: skip
        elif pwd.getpwnam(person.name).pw_shell != NO_SHELL:  # of an earlier version
            _run("usermod", "--shell", NO_SHELL, person.name)
        home.mkdir(parents=True, exist_ok=True)
        shutil.chown(home, person.name, person.name)  # not its content: links may lead elsewhere
        home.chmod(CLOSED)
    lines = (f"{person.name}:{person.password}\n" for person in persons)
    _run("chpasswd", stdin="".join(lines))


def remove(workshop: Workshop, names: Iterable[str] | None = None) -> list[str]:
    """Remove accounts (all of the workshop's, or these) and kill their processes. Returns their names.

    Files, passwords and user ids stay for a later start.
    """
    names = kill_processes(workshop, names)
    for name in names:
        _run("userdel", name)
    return names


def kill_processes(workshop: Workshop, names: Iterable[str] | None = None) -> list[str]:
    """Kill all processes of the workshop's accounts, or of these. Returns the accounts' names."""
    known = [person.name for person in saved(workshop)]
    names = [n for n in known if _is_marked(n) and (names is None or n in set(names))]
    uids = {pwd.getpwnam(name).pw_uid for name in names}
    processes = [process for process in psutil.process_iter() if _uid(process) in uids]
    for process in processes:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(processes, timeout=KILL_TIMEOUT_S)
    return names


def as_person(name: str, *command: str, cwd: Path, stdin: str = "") -> None:
    """Run a command with a person's rights, so that root follows no link of theirs.

    Raises AccountError if it fails.
    """
    _run(*command, stdin=stdin, user=name, group=name, extra_groups=[], cwd=cwd, umask=0o077)


def require_root() -> None:
    """Raise WrongUseError if this process cannot create accounts."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        raise WrongUseError(
            "A workshop creates an account for each learner, which needs root: run it as root on a "
            "separate machine, such as a container or a virtual machine."
        )
    if missing := [
        name for name in ("useradd", "usermod", "chpasswd", "bwrap") if not shutil.which(name)
    ]:
        raise WrongUseError(
            f"A workshop needs {', '.join(missing)} (Debian: apt install passwd bubblewrap)."
        )


def _uid(process: psutil.Process) -> int | None:
    """Return the process's user id, or None if it has ended."""
    with suppress(psutil.Error):
        return process.uids().real
    return None


def _check(person: Person) -> None:
    """Raise AccountError if name or user id belong to somebody else on this machine."""
    name = person.name
    try:
        owner = pwd.getpwuid(person.uid).pw_name
    except KeyError:
        owner = name
    if owner != name:
        raise AccountError(
            f"User id {person.uid}, which owns {name}'s files, belongs to {owner} on this machine: "
            "use a separate machine."
        )
    try:
        account = pwd.getpwnam(name)
    except KeyError:
        return
    if not _is_marked(name):
        raise AccountError(
            f"This machine has an account {name} that is not a workshop's: use a separate machine."
        )
    if account.pw_uid != person.uid:
        raise AccountError(
            f"The account {name} has the user id {account.pw_uid}, but its files belong to {person.uid}: "
            "run `under500 workshop remove`, then start again."
        )


def _is_marked(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_gecos == MARK
    except KeyError:
        return False


def saved(workshop: Workshop) -> list[Person]:
    """Return the people of earlier starts, also those whose accounts were removed."""
    try:
        with workshop.accounts.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        return []
    return [
        # A list from before user ids were stored has none: a home's owner is the person.
        Person(name, row["password"], int(row.get("uid") or workshop.home(name).stat().st_uid))
        for row in rows
        for name in [row["name"]]
    ]


def _write(workshop: Workshop, persons: Iterable[Person]) -> None:
    """Write the list completely or not at all: passwords and user ids are nowhere else. Raises DiskError."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    rows.writerows((person.name, person.password, person.uid) for person in persons)
    write_atomically(workshop.accounts, text.getvalue(), mode=0o600)


def _run(*command: str, stdin: str = "", **rights: Any) -> None:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, **rights)
    if done.returncode:
        raise AccountError(f"{command[0]} failed: {done.stderr.strip().splitlines()[-1:]}")

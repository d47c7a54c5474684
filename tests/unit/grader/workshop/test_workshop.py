"""A workshop before it starts: rights, accounts, and what a learner's server can see."""

import pwd
from itertools import pairwise
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from grader.cli.workshop import app
from grader.workshop import accounts, isolation, start
from grader.workshop.accounts import MARK, AccountError
from grader.workshop.paths import INSTRUCTOR, VARIABLE, Workshop, current
from harness.errors import WrongUseError


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path / "workshop", 18000)


def account(name, mark=MARK, uid=1234):
    return SimpleNamespace(pw_name=name, pw_gecos=mark, pw_uid=uid, pw_gid=uid)


@pytest.fixture
def machine(monkeypatch):
    """Return the accounts of a machine, and the commands that would change them."""
    there, ran = {"root": account("root", "root", 0)}, []

    def getpwnam(name):
        return there[name]

    def run(*command, **_):
        ran.append(command)

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(isolation, "getpwnam", getpwnam)
    monkeypatch.setattr(accounts, "_run", run)
    monkeypatch.setattr(accounts.shutil, "chown", lambda *_: None)
    return SimpleNamespace(there=there, ran=ran)


def test_learners_keep_their_passwords_from_one_start_to_the_next(workshop, machine):
    workshop.root.mkdir()
    first = accounts.people(workshop, 2)
    accounts.create(workshop, first)
    again = accounts.people(workshop, 3)
    assert again[:3] == first
    assert [one.name for one in again] == [INSTRUCTOR, "learner01", "learner02", "learner03"]
    assert len({one.password for one in again}) == 4
    assert workshop.accounts.stat().st_mode & 0o077 == 0


def test_an_account_without_the_mark_is_not_touched(workshop, machine):
    workshop.root.mkdir()
    machine.there["learner02"] = account("learner02", "Lea Rner")
    with pytest.raises(AccountError, match="learner02"):
        accounts.create(workshop, accounts.people(workshop, 2))
    assert machine.ran == []
    assert accounts.remove(workshop) == []


def test_only_marked_accounts_are_removed(workshop, machine):
    workshop.root.mkdir()
    accounts.create(workshop, accounts.people(workshop, 2))
    machine.there |= {"learner01": account("learner01"), "learner02": account("learner02", "else")}
    assert accounts.remove(workshop) == ["learner01"]
    assert ("userdel", "learner01") in machine.ran


def test_each_person_has_a_private_home(workshop, machine):
    workshop.root.mkdir()
    accounts.create(workshop, accounts.people(workshop, 1))
    assert workshop.home("learner01").stat().st_mode & 0o777 == 0o700


def bound(command, kind="--ro-bind"):
    """Return the paths that a bubblewrap command command binds with an option."""
    return {b for a, b in pairwise(command) if a.startswith(kind)}


def test_an_isolated_server_sees_home_and_exchange_and_nothing_of_the_course(
    workshop, machine, root
):
    machine.there["learner01"] = account("learner01")
    command = isolation.isolated_command(workshop, "learner01", "jupyterhub-singleuser")
    assert bound(command, "--bind") == {str(workshop.home("learner01")), str(workshop.exchange)}
    read = bound(command)
    assert str(root / "grader") in read
    assert not {str(root), str(root / "solutions"), str(workshop.root), "/", "/home"} & read
    assert not any(
        str(workshop.course).startswith(f"{one}/") for one in read | bound(command, "--bind")
    )


def test_an_isolated_process_has_no_capabilities(workshop, machine):
    machine.there["learner01"] = account("learner01")
    command = isolation.isolated_command(workshop, "learner01", "id")
    assert {"--reuid=1234", "--regid=1234", "--clear-groups", "--no-new-privs"} <= set(command)
    assert "--bounding-set=-all" in command and "--inh-caps=-all" in command
    assert f"--fsize={isolation.FILE}" in command and f"--nproc={isolation.PROCESSES}" in command
    assert command[-1] == "id"


def test_the_hub_finds_its_workshop(workshop, monkeypatch):
    monkeypatch.setenv(VARIABLE, start.environment(workshop)[VARIABLE])
    assert current() == workshop


def test_only_root_may_start_a_workshop(monkeypatch):
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 1000)
    with pytest.raises(WrongUseError, match="root"):
        accounts.require_root()


def test_it_does_not_start_inside_the_repository(root, monkeypatch):
    monkeypatch.setattr(accounts, "require_root", lambda: None)
    with pytest.raises(WrongUseError, match="inside the repository"):
        start.prepare_hub(Workshop(root / "workshop"), 1)
    assert not (root / "workshop").exists()


def test_without_a_proxy_it_says_what_to_run(workshop, monkeypatch):
    monkeypatch.setattr(accounts, "require_root", lambda: None)
    monkeypatch.setattr(start, "environment", lambda _: {"PATH": "/nowhere"})
    with pytest.raises(WrongUseError, match="make workshop"):
        start.prepare_hub(workshop, 1)


def test_the_verb_explains_itself():
    said = CliRunner().invoke(app, ["--help"]).output
    assert "start" in said and "remove" in said
    assert isinstance(app, typer.Typer)

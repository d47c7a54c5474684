"""A workshop before it is brought up: who may, under which names, what a learner's server will see."""

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
    """The accounts of a machine, and the commands that would change them."""
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
    accounts.make(workshop, first)
    again = accounts.people(workshop, 3)
    assert again[:3] == first
    assert [one.name for one in again] == [INSTRUCTOR, "learner01", "learner02", "learner03"]
    assert len({one.password for one in again}) == 4
    assert workshop.accounts.stat().st_mode & 0o077 == 0


def test_an_account_that_is_not_ours_is_left_alone(workshop, machine):
    workshop.root.mkdir()
    machine.there["learner02"] = account("learner02", "Lea Rner")
    with pytest.raises(AccountError, match="has an account learner02 that is not ours"):
        accounts.make(workshop, accounts.people(workshop, 2))
    assert machine.ran == []
    assert accounts.remove(workshop) == []


def test_only_marked_accounts_are_removed(workshop, machine):
    workshop.root.mkdir()
    accounts.make(workshop, accounts.people(workshop, 2))
    machine.there |= {"learner01": account("learner01"), "learner02": account("learner02", "else")}
    assert accounts.remove(workshop) == ["learner01"]
    assert ("userdel", "learner01") in machine.ran


def test_a_closed_home_for_each(workshop, machine):
    workshop.root.mkdir()
    accounts.make(workshop, accounts.people(workshop, 1))
    assert workshop.home("learner01").stat().st_mode & 0o777 == 0o700


def bound(line, kind="--ro-bind"):
    """What a bubblewrap command line shows, by its option."""
    return {b for a, b in pairwise(line) if a.startswith(kind)}


def test_the_wall_shows_a_home_and_the_exchange_and_nothing_of_the_course(workshop, machine, root):
    machine.there["learner01"] = account("learner01")
    line = isolation.behind(workshop, "learner01", "jupyterhub-singleuser")
    assert bound(line, "--bind") == {str(workshop.home("learner01")), str(workshop.exchange)}
    read = bound(line)
    assert str(root / "grader") in read
    assert not {str(root), str(root / "solutions"), str(workshop.root), "/", "/home"} & read
    assert not any(
        str(workshop.course).startswith(f"{one}/") for one in read | bound(line, "--bind")
    )


def test_who_is_behind_the_wall_has_no_rights_left(workshop, machine):
    machine.there["learner01"] = account("learner01")
    line = isolation.behind(workshop, "learner01", "id")
    assert {"--reuid=1234", "--regid=1234", "--clear-groups", "--no-new-privs"} <= set(line)
    assert "--bounding-set=-all" in line and "--inh-caps=-all" in line
    assert f"--fsize={isolation.FILE}" in line and f"--nproc={isolation.PROCESSES}" in line
    assert line[-1] == "id"


def test_the_hub_finds_its_workshop(workshop, monkeypatch):
    monkeypatch.setenv(VARIABLE, start.environment(workshop)[VARIABLE])
    assert current() == workshop


def test_not_root_is_one_sentence(monkeypatch):
    monkeypatch.setattr(accounts.os, "geteuid", lambda: 1000)
    with pytest.raises(WrongUseError, match="only root may do: run it as root on a machine"):
        accounts.allowed()


def test_inside_of_the_repository_it_does_not_start(root, monkeypatch):
    monkeypatch.setattr(accounts, "allowed", lambda: None)
    with pytest.raises(WrongUseError, match="inside the repository, where the solutions are"):
        start.ready(Workshop(root / "workshop"), 1)
    assert not (root / "workshop").exists()


def test_without_a_proxy_it_says_what_to_run(workshop, monkeypatch):
    monkeypatch.setattr(accounts, "allowed", lambda: None)
    monkeypatch.setattr(start, "environment", lambda _: {"PATH": "/nowhere"})
    with pytest.raises(WrongUseError, match="needs jupyterhub: run `make workshop`"):
        start.ready(workshop, 1)


def test_the_verb_explains_itself():
    said = CliRunner().invoke(app, ["--help"]).output
    assert "start" in said and "remove" in said
    assert isinstance(app, typer.Typer)

"""A workshop before it starts: rights, accounts, and what a learner's server can see."""

import errno
import json
import os
import pwd
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from grader.cli.workshop import app
from grader.course.records import DiskError
from grader.exercise import exclusive
from grader.workshop import accounts, isolation, shared_models, start
from grader.workshop.accounts import FIRST_UID, MARK, AccountError, numbered
from grader.workshop.paths import COURSE_ID, INSTRUCTOR, VARIABLE, Workshop, current
from harness import store
from harness.errors import WrongUseError


@pytest.fixture
def workshop(tmp_path):
    return Workshop(tmp_path / "workshop", 18000)


def account(name, mark=MARK, uid=1234, shell=accounts.NO_SHELL):
    return SimpleNamespace(pw_name=name, pw_gecos=mark, pw_uid=uid, pw_gid=uid, pw_shell=shell)


@pytest.fixture
def machine(monkeypatch):
    """Return the accounts of a machine, and the commands that would change them."""
    there, ran = {"root": account("root", "root", 0)}, []

    def getpwnam(name):
        return there[name]

    def getpwuid(uid):
        return {account.pw_uid: account for account in there.values()}[uid]

    def run(*command, **_):
        ran.append(command)
        if command[0] == "useradd":
            shell = command[command.index("--shell") + 1]
            there[command[-1]] = account(command[-1], uid=int(command[2]), shell=shell)
        if command[0] == "usermod":
            there[command[-1]].pw_shell = command[2]
        if command[0] == "userdel":
            del there[command[1]]

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    monkeypatch.setattr(pwd, "getpwuid", getpwuid)
    monkeypatch.setattr(pwd, "getpwall", lambda: list(there.values()))
    monkeypatch.setattr(accounts.psutil, "process_iter", lambda: [])
    monkeypatch.setattr(isolation, "getpwnam", getpwnam)
    monkeypatch.setattr(accounts, "_run", run)
    monkeypatch.setattr(accounts.shutil, "chown", lambda *_: None)
    return SimpleNamespace(there=there, ran=ran)


def test_learners_keep_their_passwords_from_one_start_to_the_next(workshop, machine):
    workshop.root.mkdir()
    first = accounts.people(workshop, numbered(2))
    accounts.create(workshop, first)
    again = accounts.people(workshop, numbered(3))
    assert again[:3] == first
    assert [one.name for one in again] == [INSTRUCTOR, "learner01", "learner02", "learner03"]
    assert len({one.password for one in again}) == 4
    assert workshop.accounts.stat().st_mode & 0o077 == 0


def test_a_full_disk_costs_no_password_and_no_user_id(workshop, machine, monkeypatch):
    workshop.root.mkdir()
    first = accounts.people(workshop, ["ada"])
    accounts.create(workshop, first)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError):
        accounts.create(workshop, accounts.people(workshop, ["ada", "bob"]))
    assert accounts.saved(workshop) == first
    assert {path.name for path in workshop.root.iterdir()} == {"homes", "accounts.csv"}


def test_an_account_without_the_mark_is_not_touched(workshop, machine):
    workshop.root.mkdir()
    machine.there["learner02"] = account("learner02", "Lea Rner")
    with pytest.raises(AccountError, match="learner02"):
        accounts.create(workshop, accounts.people(workshop, numbered(2)))
    assert machine.ran == []
    assert accounts.remove(workshop) == []


def test_only_marked_accounts_are_removed(workshop, machine):
    workshop.root.mkdir()
    accounts.create(workshop, accounts.people(workshop, numbered(2)))
    machine.there["learner02"] = account("learner02", "else")
    assert accounts.remove(workshop) == [INSTRUCTOR, "learner01"]
    assert ("userdel", "learner01") in machine.ran


def test_no_account_has_a_shell(workshop, machine):
    workshop.root.mkdir()
    people = accounts.people(workshop, numbered(2))
    accounts.create(workshop, people)
    machine.there["learner02"].pw_shell = "/bin/bash"  # of an earlier version
    accounts.create(workshop, people)
    assert {machine.there[one.name].pw_shell for one in people} == {accounts.NO_SHELL}


def test_each_person_has_a_private_home(workshop, machine):
    workshop.root.mkdir()
    accounts.create(workshop, accounts.people(workshop, numbered(1)))
    assert workshop.home("learner01").stat().st_mode & 0o777 == 0o700


def uids(people):
    return {person.name: person.uid for person in people}


def started(workshop, *learners):
    """Create the accounts of these learners and return everybody's user id."""
    people = accounts.people(workshop, learners)
    accounts.create(workshop, people)
    return uids(people)


def test_user_ids_stay_when_accounts_are_removed_and_another_is_added(workshop, machine):
    workshop.root.mkdir()
    first = started(workshop, "ada", "bob")
    accounts.remove(workshop)
    again = started(workshop, "aaron", "ada")  # sorts before the others
    assert {name: again[name] for name in first} == first
    assert again["aaron"] not in first.values()
    assert {name: machine.there[name].pw_uid for name in again} == again


def test_user_ids_stay_on_another_machine(workshop, machine):
    workshop.root.mkdir()
    first = started(workshop, "ada", "bob")
    machine.there.clear()  # the folder is restored where nobody has an account
    machine.there["else"] = account("else", "Else", max(first.values()) + 1)
    again = started(workshop, "cyd")
    assert {name: again[name] for name in first} == first
    assert again["cyd"] == max(first.values()) + 2  # the next one is somebody else's


def test_a_user_id_that_is_somebody_elses_is_refused(workshop, machine):
    workshop.root.mkdir()
    first = started(workshop, "ada")
    machine.there.clear()
    machine.there["else"] = account("else", "Else", first["ada"])
    with pytest.raises(AccountError, match=r"ada.*else"):
        started(workshop)
    machine.there.clear()
    machine.there["ada"] = account("ada", uid=first["ada"] + 7)
    with pytest.raises(AccountError, match="ada"):
        started(workshop)


def test_five_hundred_learners_have_user_ids_of_their_own(workshop, machine):
    workshop.root.mkdir()
    found = started(workshop, *numbered(500))
    assert len(set(found.values())) == 501
    assert min(found.values()) == FIRST_UID
    assert uids(accounts.saved(workshop)) == found


def test_a_list_without_user_ids_takes_the_homes_owners(workshop, machine):
    home = workshop.home("ada")
    home.mkdir(parents=True)
    workshop.accounts.write_text("name,password\nada,secret\n")
    assert uids(accounts.saved(workshop)) == {"ada": home.stat().st_uid}


@pytest.mark.parametrize("name", ["Ada", "ada@example.edu", "-r", "a b", "0x", "a" * 40, "ada\n"])
def test_a_name_that_cannot_be_an_account_is_refused(workshop, machine, name):
    workshop.root.mkdir()
    with pytest.raises(WrongUseError, match="account"):
        accounts.people(workshop, [name])


def prepared(workshop, tmp_path, monkeypatch, text):
    """Prepare a workshop with a roster, without models and settings."""
    for name in ("_check", "_exchange", "_settings"):
        monkeypatch.setattr(start, name, lambda *_: None)
    for name in ("share", "link"):
        monkeypatch.setattr(shared_models, name, lambda *_: None)
    monkeypatch.setattr(accounts, "require_root", lambda: None)
    monkeypatch.setattr(start, "_course", lambda *_: workshop.course.mkdir(exist_ok=True))
    path = tmp_path / "roster.csv"
    path.write_text(text)
    return [one.name for one in start.prepare_hub(workshop, 4, path)]


def test_who_dropped_the_course_loses_the_account_and_nothing_else(
    workshop, machine, tmp_path, monkeypatch
):
    names = prepared(workshop, tmp_path, monkeypatch, "login,name\nada,Ada\nbob,Bob\n")
    assert names == [INSTRUCTOR, "ada", "bob"]
    (workshop.home("bob") / "work.ipynb").write_text("work")
    before = uids(accounts.saved(workshop))
    names = prepared(workshop, tmp_path, monkeypatch, "login\nada\ncyd\n")
    assert names == [INSTRUCTOR, "ada", "cyd"]
    assert set(machine.there) == {"root", *names}
    assert (workshop.home("bob") / "work.ipynb").exists()
    after = uids(accounts.saved(workshop))
    assert {name: after[name] for name in before} == before
    names = prepared(workshop, tmp_path, monkeypatch, "login\nada\nbob\ncyd\n")  # and back
    assert machine.there["bob"].pw_uid == before["bob"]


def exchange_of(workshop, machine, monkeypatch, uid):
    """Prepare the exchange for an instructor with a user id."""
    machine.there[INSTRUCTOR] = account(INSTRUCTOR, uid=uid)
    monkeypatch.setattr(start.os, "chown", lambda *_, **__: None)
    workshop.root.mkdir(exist_ok=True)
    start._exchange(workshop)


def test_the_exchange_is_the_instructors_before_anybody_logs_in(workshop, machine, monkeypatch):
    exchange_of(workshop, machine, monkeypatch, os.getuid())
    made = {command[-1]: command[1] for command in machine.ran if command[0] == "chmod"}
    course = workshop.exchange / COURSE_ID
    assert made == start.EXCHANGE
    assert course.stat().st_mode & 0o7777 == 0o755
    assert workshop.exchange.stat().st_mode & 0o7777 == start.STICKY
    exchange_of(workshop, machine, monkeypatch, os.getuid())  # again


@pytest.mark.parametrize("name", ["", *start.EXCHANGE])
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_an_exchange_that_somebody_else_created_is_refused(
    workshop, machine, monkeypatch, name, kind
):
    uid, course = os.getuid(), workshop.exchange / COURSE_ID
    course.mkdir(parents=True)
    if kind == "link":
        if not name:
            course.rmdir()
        course.joinpath(*filter(None, [name])).symlink_to("/tmp")
    else:
        (course / name).mkdir(exist_ok=True)
        owners = {str(course / name): uid + 1}
        real = Path.lstat

        def lstat(path):
            values = list(real(path))
            values[4] = owners.get(str(path), values[4])
            return os.stat_result(values)

        monkeypatch.setattr(Path, "lstat", lstat)
    with pytest.raises(WrongUseError, match="not a folder of the instructor's"):
        exchange_of(workshop, machine, monkeypatch, uid)


@pytest.mark.parametrize("name", [INSTRUCTOR, "learner01"])
def test_kernels_listen_to_their_own_server_only(workshop, name):
    start._settings(workshop)
    folder = workshop.settings(name)
    settings = json.loads((folder / "jupyter_config.json").read_text())
    assert settings == start.KERNELS | start.NO_LINKS
    page = json.loads((folder / "labconfig" / "page_config.json").read_text())
    assert page["disabledExtensions"]["@jupyterlab/debugger-extension"]
    assert ("@jupyter/nbgrader:formgrader" in page["disabledExtensions"]) == (name != INSTRUCTOR)
    for widgets in ("anywidget", "@jupyter-widgets/jupyterlab-manager"):
        assert (widgets in page["disabledExtensions"]) == (name == INSTRUCTOR)
    start._settings(workshop)  # a second start adds nothing
    assert page == json.loads((folder / "labconfig" / "page_config.json").read_text())


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


@pytest.fixture
def proxy(workshop, tmp_path, monkeypatch):
    """Return the file of a proxy, and have a workshop that finds it."""
    file = tmp_path / "configurable-http-proxy"
    monkeypatch.setattr(start, "environment", lambda _: {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    return file


def test_a_proxy_that_everybody_could_give_orders_to_is_refused(proxy, workshop):
    proxy.write_text("#!/bin/sh\necho --api-port\n")
    proxy.chmod(0o755)
    with pytest.raises(WrongUseError, match="make workshop"):
        start._check_proxy(workshop)


def test_a_folder_too_deep_for_the_proxys_socket_is_named(proxy, tmp_path):
    proxy.write_text("#!/bin/sh\necho --api-socket\n")
    proxy.chmod(0o755)
    start._check_proxy(Workshop(Path("/w")))
    with pytest.raises(WrongUseError, match="--folder"):
        start._check_proxy(Workshop(tmp_path / ("deep" * 30)))


def test_the_verb_explains_itself():
    said = CliRunner().invoke(app, ["--help"]).output
    assert "start" in said and "remove" in said
    assert isinstance(app, typer.Typer)


def test_one_unwritable_cache_does_not_stop_the_class(workshop, machine, monkeypatch, capsys):
    def refused(name, *command, cwd, stdin=""):
        raise AccountError("mkdir: File exists")

    monkeypatch.setattr(accounts, "as_person", refused)
    workshop.models.mkdir(parents=True)
    shared_models.link(workshop, "learner01")
    assert "learner01 has no models" in capsys.readouterr().err


def test_models_are_shared_and_what_is_one_persons_is_not(workshop, tmp_path, monkeypatch):
    home = tmp_path / "home"
    for name in ("models", *shared_models.PERSONAL):
        (home / name).mkdir(parents=True)
    monkeypatch.setenv(store.HOME_VARIABLE, str(home))
    with exclusive.exclusive():
        workshop.root.mkdir()
        shared_models.share(workshop)
    assert [path.name for path in workshop.models.iterdir()] == ["models"]

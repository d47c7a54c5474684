"""Collecting verifies owner, kind and time of a submission, and copies its notebooks only."""

import json
import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.course.handed_in import REFUSED
from grader.grading.notebook import NotebookError, read, source
from grader.workshop import inbox as received_in
from grader.workshop.exchange import Collect, List
from grader.workshop.inbox import ROSTER, person, submission_time
from tests.unit.grader.course.hostile_notebooks import MARK, hostile
from tests.unit.grader.course.small_course import LAB

ME = pwd.getpwuid(os.getuid()).pw_name
FORM = "%Y-%m-%d %H:%M:%S.%f UTC"


@pytest.fixture
def inbox(tmp_path, monkeypatch):
    monkeypatch.setattr("nbgrader.api.get_alembic_version", lambda: "of a unit test")
    folder = tmp_path / "exchange" / "under500" / "inbound"
    folder.mkdir(parents=True)
    (tmp_path / "exchange").chmod(0o777)
    return folder


def put(inbox, name=ME, when=None, text="1"):
    """Create a submission folder as nbgrader does, in the name of `name`, with `text` as its only cell."""
    when = when or datetime.now(UTC)
    folder = inbox / f"{name}+{LAB}+{when.strftime(FORM)}+secret"
    folder.mkdir()
    nbformat.write(new_notebook(cells=[new_code_cell(text)]), folder / f"{LAB}.ipynb")
    (folder / "timestamp.txt").write_text(when.strftime(FORM))
    return folder


def collect(inbox, due=None, **options):
    """Collect, and return the submitted notebooks: learner -> text of the only cell."""
    root = inbox.parents[2]
    config = Config()
    config.Exchange.root = str(root / "exchange")
    config.CourseDirectory.update(root=str(root), course_id="under500", assignment_id=LAB)
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        book.update_or_create_assignment(LAB, duedate=due)
    course = CourseDirectory(config=config)
    Collect(coursedir=course, config=config, update=True, **options).start()
    found = (root / "submitted").glob(f"*/{LAB}/{LAB}.ipynb")
    return {path.parts[-3]: "".join(map(source, read(path).cells)) for path in found}


def listed(inbox):
    """Return the paths that `nbgrader list --inbound` lists."""
    root = inbox.parents[2]
    config = Config()
    config.Exchange.root = str(root / "exchange")
    config.CourseDirectory.update(root=str(root), course_id="under500", assignment_id="")
    course = CourseDirectory(config=config)
    authenticator = Authenticator(config=config)
    lister = List(coursedir=course, authenticator=authenticator, config=config, inbound=True)
    found = lister.start()
    return [one["path"] for group in found for one in group["submissions"]]


def test_a_learners_own_submission_is_collected(inbox):
    put(inbox, text="mine")
    assert collect(inbox) == {ME: "mine"}


def test_a_second_submission_replaces_the_first(inbox):
    put(inbox, text="first")
    assert collect(inbox) == {ME: "first"}
    put(inbox, text="second")
    assert collect(inbox) == {ME: "second"}
    assert collect(inbox) == {ME: "second"}


def test_a_submission_in_another_name_is_not_collected(inbox):
    put(inbox, "learner02", text="planted")
    assert collect(inbox) == {}


def make(kind, path, target):
    """Put something that is no plain file of its own in the place of `path`."""
    path.unlink(missing_ok=True)
    match kind:
        case "link":
            path.symlink_to(target)
        case "second name":
            path.hardlink_to(target)
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()


KINDS = ["link", "second name", "pipe", "folder"]


@pytest.fixture
def solution(tmp_path):
    path = tmp_path / "solution.ipynb"
    path.write_text("the solution")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_that_is_no_plain_file_is_not_collected(inbox, solution, kind):
    put(inbox, text="first", when=datetime.now(UTC) - timedelta(seconds=9))
    make(kind, put(inbox) / f"{LAB}.ipynb", solution)
    assert collect(inbox) == {ME: "first"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_secret_is_a_plain_file_or_a_new_one(inbox, solution, kind):
    make(kind, put(inbox) / received_in.SECRET, solution)
    assert collect(inbox) == {ME: "1"}
    secret = inbox.parents[2] / "submitted" / ME / LAB / received_in.SECRET
    assert received_in.A_SECRET.fullmatch(secret.read_bytes())


def test_nothing_but_the_labs_notebooks_is_copied(inbox):
    folder = put(inbox)
    for name in ("harness.py", "harness.cpython-311-x86_64-linux-gnu.so", "other.ipynb"):
        (folder / name).write_text("import os")
    (folder / ".ipynb_checkpoints").mkdir()
    collect(inbox)
    copied = {path.name for path in (inbox.parents[2] / "submitted" / ME / LAB).iterdir()}
    assert copied == {f"{LAB}.ipynb", "timestamp.txt", received_in.SECRET}


def test_what_a_browser_would_run_is_not_copied(inbox):
    folder = put(inbox)
    nbformat.write(hostile(new_notebook(cells=[new_code_cell("1")])), folder / f"{LAB}.ipynb")
    assert collect(inbox) == {ME: "1"}
    assert MARK not in (inbox.parents[2] / "submitted" / ME / LAB / f"{LAB}.ipynb").read_text()


def test_a_file_that_is_no_notebook_is_collected_as_a_note(inbox):
    (put(inbox) / f"{LAB}.ipynb").write_text(f"<script>{MARK}</script>")
    with pytest.raises(NotebookError):  # what was collected is no notebook either
        collect(inbox)
    stored = inbox.parents[2] / "submitted" / ME / LAB / f"{LAB}.ipynb"
    assert "not a notebook" in json.loads(stored.read_text())[REFUSED]
    assert MARK not in stored.read_text()


GARBAGE = (
    f"{ME}+{LAB}+garbage+x",
    f"zz+{LAB}+garbage+x",
    f"{ME}+{LAB}+",
    f"+{LAB}+2026-11-28 09:00:00.0 UTC+x",
    f"{ME}+{LAB}+9999-99-99 09:00:00.0 UTC+x",
    f"{ME}+{LAB}+2026-11-28 09:00:00.0 UTC+x+y+z",
    f"{ME}+more+{LAB}+2026-11-28 09:00:00.0 UTC+x",
)


@pytest.mark.parametrize("name", GARBAGE)
@pytest.mark.parametrize("kind", ["folder", "dangling link", "pipe"])
def test_a_name_that_says_nothing_stops_nobody(inbox, name, kind):
    put(inbox, text="mine")
    make({"dangling link": "link"}.get(kind, kind), inbox / name, "/nowhere")
    assert collect(inbox) == {ME: "mine"}


@pytest.mark.parametrize("name", [*GARBAGE, f"{ME}+{LAB}+2036-11-28 09:00:00.0 UTC+x"])
@pytest.mark.parametrize("kind", ["folder", "dangling link", "pipe"])
def test_what_cannot_be_collected_is_not_listed(inbox, name, kind):
    mine = put(inbox)
    make({"dangling link": "link"}.get(kind, kind), inbox / name, "/nowhere")
    assert listed(inbox) == [str(mine)]


@pytest.mark.parametrize("kind", KINDS)
def test_a_notebook_that_is_no_plain_file_is_not_listed(inbox, solution, kind):
    mine = put(inbox)
    make(kind, put(inbox) / f"{LAB}.ipynb", solution)
    assert listed(inbox) == [str(mine)]


def test_a_dangling_link_with_a_good_name_stops_nobody(inbox):
    put(inbox, text="mine")
    (inbox / f"{ME}+{LAB}+2036-11-28 09:00:00.0 UTC+x").symlink_to("/nowhere")
    assert collect(inbox) == {ME: "mine"}


def test_an_unreadable_file_stops_nobody(inbox, monkeypatch):
    put(inbox, text="first", when=datetime.now(UTC) - timedelta(seconds=9))
    unreadable, read = put(inbox), received_in.received

    def as_a_user(at, claim, notebooks):  # root can read every file
        if claim.folder == unreadable.name:
            raise PermissionError(13, "Permission denied", LAB)
        return read(at, claim, notebooks)

    monkeypatch.setattr(received_in, "received", as_a_user)
    assert collect(inbox) == {ME: "first"}


def test_a_disk_that_is_full_for_one_keeps_the_earlier_submission(inbox, monkeypatch):
    put(inbox, text="first", when=datetime.now(UTC) - timedelta(seconds=9))
    collect(inbox)
    put(inbox, text="second")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Collect, "_store", full)
        assert collect(inbox) == {ME: "first"}
    assert collect(inbox) == {ME: "second"}


def test_a_file_of_somebody_else_is_not_collected(inbox, monkeypatch):
    folder = put(inbox)
    found, real = folder.stat(), os.fstat

    def fstat(descriptor):
        values = list(real(descriptor))
        values[4] += values[1] != found.st_ino  # the owner, of everything but the folder
        return os.stat_result(values)

    monkeypatch.setattr(received_in.os, "fstat", fstat)
    assert collect(inbox) == {}


def test_a_time_that_the_disk_contradicts_is_not_trusted(inbox):
    claimed = datetime.now(UTC) - timedelta(hours=5)
    folder = put(inbox, when=claimed)
    now = datetime.now(UTC).replace(tzinfo=None)
    changed = folder.stat().st_ctime
    assert submission_time(changed, claimed.replace(tzinfo=None)) > now - timedelta(minutes=1)
    collect(inbox)
    stamp = (inbox.parents[2] / "submitted" / ME / LAB / "timestamp.txt").read_text()
    assert datetime.strptime(stamp, FORM).replace(tzinfo=UTC) > claimed + timedelta(hours=4)


def test_clocks_that_differ_by_a_minute_miss_no_deadline(inbox):
    claimed = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)
    folder = put(inbox, when=claimed.replace(tzinfo=UTC))
    assert submission_time(folder.stat().st_ctime, claimed) == claimed


def test_after_the_deadline_the_last_one_before_it_counts_if_the_course_says_so(inbox):
    now = datetime.now(UTC)
    put(inbox, when=now - timedelta(seconds=60), text="in time")
    put(inbox, when=now + timedelta(seconds=60), text="late")
    due = now.replace(tzinfo=None)
    assert collect(inbox, due, before_duedate=True) == {ME: "in time"}
    assert collect(inbox, due) == {ME: "late"}


def test_a_notebook_that_is_too_large_is_not_collected(inbox, monkeypatch):
    monkeypatch.setattr(received_in, "MAX_BYTES", 1000)
    put(inbox, text="x" * 5000)
    assert collect(inbox) == {}


def test_a_notebook_that_is_rewritten_later_was_submitted_later(inbox, monkeypatch):
    folder = put(inbox)
    claim_of = received_in.claim

    def claim(*args):
        early = claim_of(*args)
        return replace(early, time=early.time - timedelta(hours=5))

    monkeypatch.setattr(received_in, "claim", claim)  # as if the folder were five hours older
    due = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    collect(inbox, due)
    stamp = (inbox.parents[2] / "submitted" / ME / LAB / "timestamp.txt").read_text()
    assert datetime.strptime(stamp, FORM) > due
    assert folder.exists()


def test_the_roster_names_the_user_ids_of_pods(monkeypatch):
    monkeypatch.setenv(ROSTER, '{"first": 20000, "names": ["instructor", "ada"]}')
    assert person(20001) == "ada"
    assert person(4_000_000) == "nobody"
    assert person(os.getuid()) == ME

"""Collecting verifies owner, links and time of a submission, whatever its name claims."""

import os
import pwd
from datetime import UTC, datetime, timedelta

import pytest
from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from grader.workshop import exchange
from grader.workshop.exchange import Collect, person, problem, submission_time
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


def put(inbox, name=ME, when=None, text="{}"):
    """Create a submission folder as nbgrader does, in the name of `name`."""
    when = when or datetime.now(UTC)
    folder = inbox / f"{name}+{LAB}+{when.strftime(FORM)}+secret"
    folder.mkdir()
    (folder / f"{LAB}.ipynb").write_text(text)
    (folder / "timestamp.txt").write_text(when.strftime(FORM))
    return folder


def collect(inbox, due=None, most_kb=100_000, **options):
    """Collect, and return the submitted notebooks: learner -> text."""
    root = inbox.parents[2]
    config = Config()
    config.Exchange.root = str(root / "exchange")
    config.CourseDirectory.update(
        root=str(root), course_id="under500", assignment_id=LAB, max_dir_size=most_kb
    )
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        book.update_or_create_assignment(LAB, duedate=due)
    course = CourseDirectory(config=config)
    Collect(coursedir=course, config=config, update=True, **options).start()
    found = (root / "submitted").glob(f"*/{LAB}/{LAB}.ipynb")
    return {path.parts[-3]: path.read_text() for path in found}


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


@pytest.mark.parametrize("kind", ["link", "folder", "second name", "pipe"])
def test_a_way_out_of_the_folder_is_not_collected(inbox, tmp_path, kind):
    (tmp_path / "solution.ipynb").write_text("the solution")
    folder = put(inbox)
    path = folder / "extra"
    match kind:
        case "link":
            path.symlink_to(tmp_path / "solution.ipynb")
        case "folder":
            path.symlink_to(tmp_path)
        case "second name":
            path.hardlink_to(tmp_path / "solution.ipynb")
        case "pipe":
            os.mkfifo(path)
    assert "link" in problem(folder, ME)
    assert collect(inbox) == {}


def test_a_link_that_appears_between_check_and_copy_is_not_followed(inbox, tmp_path, monkeypatch):
    (tmp_path / "solution.ipynb").write_text("the solution")
    folder = put(inbox)
    (folder / "extra.txt").symlink_to(tmp_path / "solution.ipynb")
    monkeypatch.setattr(exchange, "problem", lambda *_: "")
    assert collect(inbox) == {ME: "{}"}
    assert not (inbox.parents[2] / "submitted" / ME / LAB / "extra.txt").exists()


def test_a_time_that_the_disk_contradicts_is_not_trusted(inbox):
    claimed = datetime.now(UTC) - timedelta(hours=5)
    folder = put(inbox, when=claimed)
    assert submission_time(folder, claimed.replace(tzinfo=None)) > datetime.now(UTC).replace(
        tzinfo=None
    ) - timedelta(minutes=1)
    collect(inbox)
    stamp = (inbox.parents[2] / "submitted" / ME / LAB / "timestamp.txt").read_text()
    assert datetime.strptime(stamp, FORM).replace(tzinfo=UTC) > claimed + timedelta(hours=4)


def test_clocks_that_differ_by_a_minute_miss_no_deadline(inbox):
    claimed = datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1)
    folder = put(inbox, when=claimed.replace(tzinfo=UTC))
    assert submission_time(folder, claimed) == claimed


def test_after_the_deadline_the_last_one_before_it_counts_if_the_course_says_so(inbox):
    now = datetime.now(UTC)
    put(inbox, when=now - timedelta(seconds=60), text="in time")
    put(inbox, when=now + timedelta(seconds=60), text="late")
    due = now.replace(tzinfo=None)
    assert collect(inbox, due, before_duedate=True) == {ME: "in time"}
    assert collect(inbox, due) == {ME: "late"}


def test_a_submission_that_is_too_large_is_not_collected(inbox):
    put(inbox, text="x" * 5000)
    assert collect(inbox, most_kb=1) == {}


def test_the_roster_names_the_user_ids_of_pods(monkeypatch):
    monkeypatch.setenv(exchange.ROSTER, '{"first": 20000, "names": ["instructor", "ada"]}')
    assert person(20001) == "ada"
    assert person(4_000_000) == "nobody"
    assert person(os.getuid()) == ME

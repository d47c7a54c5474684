"""Loose notebooks are assigned to their learner and their lab."""

import json
import os
import shutil
import socket
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import SCHEMA_VERSION

from grader.course.collect import MOST_FILES, Collected, collect, find_lab
from grader.course.course import LONGEST_ID, CourseError, Submission
from grader.course.course import load_course as load_course
from grader.course.grade_class import Batch, State
from grader.course.nbgrader_hooks import expire_scores
from grader.grading.notebook import MAX_BYTES, NotebookError, code, parse, read
from tests.unit.grader.course.hostile_notebooks import MARK, hostile
from tests.unit.grader.course.small_course import LAB, OTHER, handed_in, judge, submit, write


@pytest.fixture
def course(small):
    return small


@pytest.mark.parametrize(
    ("path", "student"),
    [
        ("ada.ipynb", "ada"),
        (f"ada_{LAB}.ipynb", "ada"),
        (f"{LAB}-ada.ipynb", "ada"),
        (f"ada/{LAB}.ipynb", "ada"),
        (f"ada/{LAB}/{LAB}.ipynb", "ada"),
        ("Ada Lovelace (1).ipynb", "Ada-Lovelace-1"),
        (f"ada/Copy of {LAB}.ipynb", "ada"),
        (f"ada/Copy of Copy of {LAB} (2).ipynb", "ada"),
        (f"ada/{LAB} - Copy.ipynb", "ada"),
        (f"ada/{LAB} copy 2.ipynb", "ada"),
        (f"ada/{LAB}.IPYNB", "ada"),
        (f"ada/under500-main/labs/{LAB}/{LAB}.ipynb", "ada"),
        ("labs.ipynb", "labs"),
        ("ada@example.org.ipynb", "ada@example.org"),
        ("..ipynb", "unknown"),
        ("Jose\u0301.ipynb", "Jos\u00e9"),  # as macOS spells it, and as the others do
    ],
)
def test_the_learner_follows_from_the_path(course, tmp_path, path, student):
    write(tmp_path / "mail" / path, handed_in())
    [submission] = collect(course, tmp_path / "mail").submissions
    assert submission == Submission(student, LAB, course.submitted(student, LAB))
    assert read(submission.path) == read(tmp_path / "mail" / path)
    assert course.submissions() == [submission]


def test_the_lab_follows_from_the_cells(course, tmp_path):
    write(tmp_path / "mail" / "ada.ipynb", handed_in(lab=OTHER))
    assert collect(course, tmp_path / "mail").submissions[0].lab == OTHER
    [submission] = collect(course, tmp_path / "mail", LAB).submissions
    assert submission.lab == LAB  # the referee reports a wrong lab


def test_a_file_in_its_place_is_not_copied(course, tmp_path):
    path = write(course.submitted("ada", LAB), handed_in())
    assert collect(course, path).submissions == course.submissions()
    path.chmod(0o444)
    write(tmp_path / "mail" / "ada.ipynb", handed_in("9"))
    collect(course, tmp_path / "mail")
    assert '"9"' in path.read_text()


def test_a_copy_has_what_is_graded_and_nothing_that_a_browser_runs(course, tmp_path):
    mail = write(tmp_path / "mail" / "ada.ipynb", hostile(handed_in("9")))
    [submission] = collect(course, mail).submissions
    text = submission.path.read_text()
    assert MARK in mail.read_text() and MARK not in text
    assert read(submission.path) == read(mail)
    nbformat.validate(stored := nbformat.reads(text, as_version=4))
    assert [cell.get("outputs", []) for cell in stored.cells] == [[]] * len(stored.cells)
    assert {key for cell in stored.cells for key in cell.metadata} == {"nbgrader"}
    # nbgrader's extension of JupyterLab warns of each notebook with an older one
    versions = {cell.metadata.nbgrader.schema_version for cell in stored.cells if cell.metadata}
    assert versions == {SCHEMA_VERSION}


def test_running_a_notebook_again_is_no_new_submission(course, tmp_path):
    mail = write(tmp_path / "mail" / "ada.ipynb", handed_in("9"))
    batch = Batch(course, judge)
    assert [step.state for step in batch.run(collect(course, mail).submissions)] == [State.GRADED]
    write(mail, hostile(handed_in("9")))
    assert [step.state for step in batch.run(collect(course, mail).submissions)] == [State.KEPT]
    write(mail, handed_in("8"))
    assert [step.state for step in batch.run(collect(course, mail).submissions)] == [State.GRADED]


@pytest.mark.parametrize("text", ["\ud800 \u2028 \x00 é 😀", "'\\'", "</script>", ""])
def test_whatever_a_cell_contains_is_copied_as_it_is(course, tmp_path, text):
    content = json.dumps(handed_in(text)).encode()
    [submission] = collect(course, write(tmp_path / "ada.ipynb", content.decode())).submissions
    assert parse("ada.ipynb", submission.path.read_bytes()) == parse("ada.ipynb", content)


@pytest.mark.parametrize("limit", ["MAX_CELLS", "MAX_CHARS"])
def test_a_notebook_that_is_not_graded_is_not_copied_either(course, tmp_path, monkeypatch, limit):
    """JupyterLab would open it all the same."""
    monkeypatch.setattr(f"grader.grading.notebook.{limit}", 3)
    mail = write(tmp_path / "mail" / "ada.ipynb", hostile(handed_in("9")))
    [submission] = collect(course, mail, LAB).submissions
    assert MARK not in submission.path.read_text()
    assert "cells" not in json.loads(submission.path.read_text())  # nbgrader gives no zeros for it
    [step] = Batch(course, judge).run([submission])
    assert "at most 3" in step.record.report.marks[0].reason


COPIES = [  # files of one learner, in the order in which they were saved, and the one that counts
    (["x/ada.ipynb", "y/ada.ipynb"], 1),
    (["y/ada.ipynb", "x/ada.ipynb"], 1),
    ([f"ada/{LAB}.ipynb", f"ada/{LAB}-Copy1.ipynb"], 1),
    ([f"ada/{LAB}-Copy1.ipynb", f"ada/{LAB}.ipynb"], 1),
    ([f"ada/{LAB} (1).ipynb", f"ada/{LAB}.ipynb", f"ada/{LAB} (2).ipynb"], 2),
    (["ada.ipynb", "ada-Copy1.ipynb"], 1),
    (["ada.ipynb", "broken/ada.ipynb"], 0),
    # bob hands in a folder with a file that is named after ada
    ([f"ada/{LAB}.ipynb", "bob/ada.ipynb"], 0),
    (["ada.ipynb", "bob/ada.ipynb"], 0),
]


@pytest.mark.parametrize(("paths", "counts"), COPIES)
def test_of_several_files_of_one_learner_the_last_notebook_counts(course, tmp_path, paths, counts):
    for second, path in enumerate(paths):
        notebook = "no" if "broken" in path else handed_in(str(second))
        os.utime(write(tmp_path / "mail" / path, notebook), (1e9 + second, 1e9 + second))
    [submission] = collect(course, tmp_path / "mail").submissions
    assert (submission.student, submission.lab) == ("ada", LAB)
    assert code(read(submission.path).cells[2]) == str(counts)
    assert submission.remark.startswith(f"{paths[counts]} was graded")


def test_a_name_too_long_for_a_file_is_shortened_and_stays_ones_own(course, tmp_path):
    for end in "ab":
        write(tmp_path / "mail" / ("x" * 240 + end) / f"{LAB}.ipynb", handed_in())
    one, other = collect(course, tmp_path / "mail").submissions
    assert one.student != other.student
    assert max(len(s.student.encode()) for s in (one, other)) <= LONGEST_ID
    assert [s.student for s in course.submissions()] == sorted([one.student, other.student])


def test_what_macos_adds_to_an_archive_is_no_submission(course, tmp_path):
    for name in (f"__MACOSX/ada/._{LAB}.ipynb", f"ada/._{LAB}.ipynb", f"ada/{LAB}.ipynb"):
        write(tmp_path / "mail" / name, handed_in())
    [submission] = collect(course, tmp_path / "mail").submissions
    assert (submission.student, submission.remark) == ("ada", "")


def link(path, course):
    path.symlink_to(write(course.root / "solutions" / "solved.ipynb", handed_in("20", "15")))


def linked_folder(path, course):
    path.symlink_to(course.root / "labs" / LAB)


def pipe(path, _):
    os.mkfifo(path)


def folder(path, _):
    write(path / "inside.txt", "no")


def device(path, _):
    path.symlink_to("/dev/zero")


def socket_file(path, _):
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


def huge(path, _):
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)


def broken(path, _):
    path.write_text('{"cells": [')


def of_no_lab(path, _):
    path.write_text('{"cells": []}')


HOSTILE = [
    (link, "is a link"),
    (linked_folder, "is a link"),
    (pipe, "pipe or a device"),
    (folder, "is a folder"),
    (device, "is a link"),
    (socket_file, "pipe or a device"),
    (huge, "at most 20 are read"),
    (broken, "is not a notebook"),
    (of_no_lab, "no cell of lab"),
]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("make", "reason"), HOSTILE)
def test_a_hostile_file_is_one_learners_verdict(course, tmp_path, monkeypatch, make, reason):
    monkeypatch.chdir(write(tmp_path / "mail" / "ada.ipynb", handed_in()).parent)
    make(Path("eve.ipynb"), course)  # a socket's path may have 100 characters
    found = collect(course, tmp_path / "mail")
    assert [one.student for one in found.submissions] == ["ada", "eve"]
    for _ in range(2):  # the next run, which knows only the course's folders, says the same
        steps = {
            step.submission.student: step for step in Batch(course, judge).run(found.submissions)
        }
        assert steps["ada"].record.report.points == 14
        assert steps["eve"].record.report.points == 0
        assert reason in steps["eve"].record.report.marks[0].reason
        found = Collected(course.submissions(), [])
    assert steps["eve"].state is State.KEPT


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [link, pipe, folder, device])
@pytest.mark.parametrize("place", ["notebook", "folder", "timestamp"])
def test_a_hostile_file_in_the_courses_folder_is_one_learners_verdict(small, make, place):
    submit(small, "ada", handed_in())
    target = submit(small, "eve", handed_in())
    if place == "folder":
        shutil.rmtree(target.parent)
        target.parent.symlink_to(
            write(small.root / "solutions" / LAB / f"{LAB}.ipynb", handed_in()).parent
        )
    else:
        path = target if place == "notebook" else target.with_name("timestamp.txt")
        path.unlink(missing_ok=True)
        make(path, small)
    steps = {one.submission.student: one for one in Batch(small, judge).run(small.submissions())}
    assert steps["ada"].record.report.points == 14
    assert steps["eve"].record.report.points == (14 if place == "timestamp" else 0)
    assert all(step.record.entered for step in steps.values())


@pytest.mark.parametrize("make", [link, linked_folder, pipe, folder, device])
@pytest.mark.parametrize("name", ["other.ipynb", f"deep/{LAB}.ipynb"])
def test_nbgrader_is_kept_from_reading_a_hostile_file(small, monkeypatch, make, name):
    paths = [submit(small, student, handed_in()) for student in ("ada", "eve")]
    target = paths[1].parent / name
    target.parent.mkdir(exist_ok=True)
    make(target, small)
    monkeypatch.chdir(small.root)
    expire_scores(LAB, "*", [str(paths[0])])  # what nbgrader says of a whole class
    with pytest.raises(NotebookError, match="hand in plain files"):
        expire_scores(LAB, "*", [str(paths[1])])


@pytest.mark.parametrize("name", ["<img src=x>", 'a"b', "a\\b", "{{a}}", "a&b"])
def test_a_folder_named_with_markup_is_left_out_and_the_others_are_graded(small, monkeypatch, name):
    paths = [submit(small, student, handed_in()) for student in ("ada", "O'Brien, José", name)]
    assert {one.student for one in small.submissions()} == {"ada", "O'Brien, José"}
    [reason] = small.left_out()
    assert repr(name) in reason
    monkeypatch.chdir(small.root)
    with pytest.raises(NotebookError, match="not a learner's id"):
        expire_scores(LAB, "*", [str(paths[-1])])


@pytest.mark.parametrize("content", ["no", '{"cells": []}'])
def test_a_file_of_no_lab_is_left_out_with_a_reason_if_the_others_do_not_tell(
    course, tmp_path, content
):
    write(tmp_path / "mail" / "ada.ipynb", content)
    write(tmp_path / "mail" / "bob.ipynb", handed_in())
    write(tmp_path / "mail" / "cyd.ipynb", handed_in(lab=OTHER))
    found = collect(course, tmp_path / "mail")
    assert [one.student for one in found.submissions] == ["bob", "cyd"]
    [reason] = found.left_out
    assert "ada" in reason
    assert "--lab" in reason
    assert len(collect(course, tmp_path / "mail", LAB).submissions) == 3


def test_of_a_whole_checkout_the_lab_counts_and_not_the_courses_solution(course, tmp_path):
    checkout = tmp_path / "mail" / "ada" / "under500"
    write(checkout / "labs" / LAB / f"{LAB}.ipynb", handed_in("mine"))
    write(checkout / "solutions" / LAB / f"{LAB}.ipynb", handed_in("the course's"))
    [submission] = collect(course, tmp_path / "mail").submissions
    assert submission.student == "ada"
    assert "mine" in submission.path.read_text()
    assert "solutions" in submission.remark


def test_a_learners_folder_of_very_many_notebooks_invents_no_class(course, tmp_path):
    write(tmp_path / "mail" / "ada.ipynb", handed_in())
    for number in range(MOST_FILES + 1):
        write(tmp_path / "mail" / "eve" / f"x{number:02}.ipynb", handed_in())
    found = collect(course, tmp_path / "mail")
    assert [one.student for one in found.submissions] == ["ada"]
    [reason] = found.left_out
    assert "61 files" in reason and f"grade {tmp_path / 'mail' / 'eve'}" in reason
    assert len(collect(course, tmp_path / "mail" / "eve").submissions) == MOST_FILES + 1


@pytest.mark.parametrize("name", ["ada.ipynb.txt", "bob.zip", "labs.TAR.GZ"])
def test_an_archive_or_a_renamed_notebook_is_left_out_with_a_reason(course, tmp_path, name):
    write(tmp_path / "mail" / "ada.ipynb", handed_in())
    (tmp_path / "mail" / name).write_bytes(b"PK")
    found = collect(course, tmp_path / "mail")
    assert [one.student for one in found.submissions] == ["ada"]
    assert len(found.left_out) == 1 and name in found.left_out[0]


def test_missing_files_labs_and_courses_raise_courseerror(course, tmp_path):
    with pytest.raises(CourseError, match="nowhere"):
        collect(course, tmp_path / "nowhere")
    with pytest.raises(CourseError, match=f"{LAB}, {OTHER}"):
        find_lab(course, "99")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py"):
        load_course(tmp_path / "labs")
    assert find_lab(course, "01") == find_lab(course, LAB) == LAB

"""Records are complete or missing, and valid only for the files they were made from."""

import errno

import pytest

from grader.course import records
from grader.course.handed_in import HandedIn
from grader.course.records import DiskError, Record
from grader.grading.lab import lab
from tests.unit.grader.course.small_course import LAB, handed_in, judge, released


@pytest.fixture
def record():
    found = judge(lab(LAB, released()), handed_in("20", "?"))
    return Record("d", found, entered=False, note="later")


def test_a_record_is_read_as_it_was_written(tmp_path, record):
    path = tmp_path / "records" / "ada.json"
    records.write(path, record)
    assert records.read(path) == record
    assert [one.name for one in path.parent.iterdir()] == ["ada.json"]
    records.forget(path)
    records.forget(path)
    assert records.read(path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"digest": 1, "report": {}}', "\ud800"])
def test_other_files_are_read_as_none(tmp_path, text):
    path = tmp_path / "ada.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    assert records.read(path) is None


def test_a_full_disk_leaves_the_old_one(tmp_path, record, monkeypatch):
    path = tmp_path / "ada.json"
    records.write(path, record)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskError, match="disk is full"):
        records.write_atomically(path, "new")
    assert records.read(path) == record
    assert [one.name for one in tmp_path.iterdir() if one.is_file() and "ada" in one.name] == [
        "ada.json"
    ]


def test_the_digest_is_of_the_file_and_the_lab():
    lab, digests = released(), set()
    for one in (HandedIn("a", b"1"), HandedIn("a", b"2"), HandedIn("a", problem="a link")):
        digests |= {records.digest(one, lab), records.digest(one, released("02-other"))}
        assert records.digest(one, lab) in digests
    assert len(digests) == 6

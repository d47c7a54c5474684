"""Records are complete or missing, and valid only for the files they were made from."""

import errno
from pathlib import Path

import pytest

from grader.course import records
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


def test_the_digest_is_of_the_file_and_the_lab(tmp_path):
    path, lab = tmp_path / "a.ipynb", released()
    path.write_text("1")
    first = records.digest(path, lab)
    assert records.digest(path, lab) == first
    path.write_text("2")
    assert records.digest(path, lab) != first
    assert records.digest(path, released("02-other")) != records.digest(path, lab)
    missing = records.digest(Path(tmp_path / "none"), lab)
    assert missing != first

import errno
import os
import tempfile
from pathlib import Path

import pytest

from harness import store


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "built" / "weights.bin"
    with store.atomic_write(path) as part:
        part.write_bytes(b"numbers")
    return path


def test_a_written_file_is_sealed_and_intact(file):
    assert store.check_seal(file).read_bytes() == b"numbers"
    assert store.intact(file)


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)])
def test_a_file_can_be_read_by_whom_the_umask_allows(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        with store.atomic_write(tmp_path / "weights.bin") as part:
            descriptor, made = tempfile.mkstemp(dir=tmp_path)
            os.close(descriptor)
            Path(made).replace(part)
    finally:
        os.umask(before)
    assert (tmp_path / "weights.bin").stat().st_mode & 0o777 == mode


def test_a_damaged_file_is_refused_and_says_what_to_run(file):
    file.write_bytes(b"numbfrs")
    assert not store.intact(file)
    with pytest.raises(store.CorruptFileError, match="under500 prepare"):
        store.check_seal(file)


def test_a_truncated_file_is_refused(file):
    file.write_bytes(b"num")
    with pytest.raises(store.CorruptFileError):
        store.check_seal(file)


def test_a_missing_file_says_what_to_run(tmp_path):
    with pytest.raises(store.StoreError, match="under500 prepare"):
        store.check_seal(tmp_path / "nothing")


def test_an_interrupt_leaves_neither_file_nor_part(tmp_path):
    path = tmp_path / "half.bin"
    with pytest.raises(KeyboardInterrupt), store.atomic_write(path) as part:
        part.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(tmp_path.glob("half*")) == []


def test_a_failed_rewrite_keeps_the_old_file(file):
    with pytest.raises(KeyboardInterrupt), store.atomic_write(file) as part:
        part.write_bytes(b"new")
        raise KeyboardInterrupt
    assert store.check_seal(file).read_bytes() == b"numbers"


def test_a_full_disk_is_one_sentence(tmp_path):
    with (
        pytest.raises(store.StoreError, match="disk is full"),
        store.atomic_write(tmp_path / "big.bin"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_home_that_cannot_be_created_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(store.StoreError, match=r"file/home.*set UNDER500_HOME to a folder"):
        store.home()


def test_a_home_may_have_spaces_in_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("UNDER500_HOME", str(tmp_path / "my home" / "under 500"))
    assert store.home() == tmp_path / "my home" / "under 500"

"""The folders of built models that `under500 prepare` keeps and deletes."""

import pytest

from harness import store
from harness.models.build import build_quantised, remove_outdated
from harness.models.offline import BUILT, LARGE


@pytest.fixture
def models():
    return store.home() / "models"


def made(folder):
    folder.mkdir(parents=True)
    (folder / "model.gguf").touch()
    return folder


def test_folders_of_older_adapters_and_of_renamed_models_are_deleted(models):
    outdated = [made(models / f"{name}-0123456789ab") for name in (LARGE.name, "earlier-name")]
    current = [made(model.folder) for model in BUILT]
    assert sorted(remove_outdated()) == sorted(outdated)
    assert sorted(models.iterdir()) == sorted(current)


@pytest.mark.parametrize("name", ["my-model", "mine-0123456789AB", "mine-0123456789abc", "x"])
def test_other_folders_and_files_are_kept(models, name):
    folder = made(models / name)
    file = models / "notes-0123456789ab"
    file.touch()
    assert remove_outdated() == []
    assert folder.exists() and file.exists()


def test_a_home_without_models_has_nothing_to_delete():
    assert remove_outdated() == []


def test_deleted_folders_are_reported(models, monkeypatch):
    monkeypatch.setattr("harness.models.build.BUILT", ())
    made(models / "earlier-name-0123456789ab")
    lines = []
    build_quantised(lines.append)
    assert len(lines) == 1 and lines[0].startswith("earlier-name-0123456789ab")

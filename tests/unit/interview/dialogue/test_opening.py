"""What `prepare` computes for the interview: once, and again after a change of the content."""

import pytest

from harness import store
from harness.interview.dialogue import opening
from harness.interview.listening import examples
from harness.interview.listening.card_router import weights_folder
from harness.interview.listening.examples import stored
from harness.interview.listening.listener import REGRESSIONS
from harness.interview.scoring import classifier


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "home", lambda: tmp_path)
    return tmp_path


def test_it_is_warm_once_both_are_kept(home, monkeypatch):
    monkeypatch.setattr(opening, "has_weights", lambda rubric: True)
    assert not opening.is_warm()
    folder = weights_folder(opening.MINILM.sha256)
    folder.mkdir(parents=True)
    for name in REGRESSIONS:
        stored(name, folder).touch()
    assert opening.is_warm()
    monkeypatch.setattr(opening, "has_weights", lambda rubric: False)
    assert not opening.is_warm()


@pytest.mark.parametrize("file", ["remedies.yaml", "suspects.yaml", "evidence.yaml"])
def test_a_changed_content_file_is_noticed(home, monkeypatch, file):
    monkeypatch.setattr(opening, "has_weights", lambda rubric: True)
    folder = weights_folder(opening.MINILM.sha256)
    folder.mkdir(parents=True)
    for name in REGRESSIONS:
        stored(name, folder).touch()
    (changed := home / file).write_text("remedies: {}\n")
    files = tuple(changed if path.name == file else path for path in examples.FILES)
    monkeypatch.setattr(examples, "FILES", files)
    assert not opening.is_warm()


def test_other_content_is_learned_anew(home, monkeypatch, tmp_path):
    from harness.interview.scoring.rubric import rubric

    monkeypatch.setattr(classifier, "SHIPPED", tmp_path / "of-another-rubric.npz")
    assert not classifier.has_weights(rubric())


def test_the_shipped_weights_are_of_the_shipped_content():
    from harness.interview.scoring.rubric import rubric

    assert classifier.shipped_is_current(rubric()), (
        "Learn them anew: under500 interview lint --learn"
    )

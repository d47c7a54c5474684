"""What `prepare` makes for the interview: once, and anew when the content is another."""

import numpy as np
import pytest

from harness import store
from harness.interview.dialogue import intent, warmup
from harness.interview.scoring import classifier


@pytest.fixture
def home(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "home", lambda: tmp_path)
    return tmp_path


def test_it_is_warm_once_both_are_kept(home, monkeypatch):
    monkeypatch.setattr(warmup, "learned_before", lambda rubric: True)
    assert not warmup.warm()
    keep = intent.folder(warmup.MINILM.sha256)
    intent.IntentClassifier(
        lambda texts: np.zeros((len(texts), 2), np.float32), intent.routes(), keep
    )("Why?")
    assert warmup.warm()
    monkeypatch.setattr(warmup, "learned_before", lambda rubric: False)
    assert not warmup.warm()


def test_other_content_is_learned_anew(home, monkeypatch, tmp_path):
    from harness.interview.scoring.rubric import rubric

    monkeypatch.setattr(classifier, "SHIPPED", tmp_path / "of-another-rubric.npz")
    assert not classifier.learned_before(rubric())


def test_the_shipped_weights_are_of_the_shipped_content():
    from harness.interview.scoring.rubric import rubric

    assert classifier.fresh(rubric()), "Learn them anew: under500 interview lint --learn"

"""Vectors of sentences: shipped for the content, computed once for what is said."""

import numpy as np
import pytest

from harness.interview import meanings
from harness.interview.listening.card_router import CardRouter, all_questions
from harness.interview.listening.listener import Listener
from tests.unit.interview.listening.test_card_router import words

TEXTS = ["how long is the queue", "a bigger cache", "cache it please"]


class Counted:
    """An embedding that keeps the batches it was given."""

    def __init__(self):
        self.batches = []

    def __call__(self, texts):
        self.batches.append(list(texts))
        return words(texts)


def test_what_was_read_is_not_read_again():
    once = meanings.remembering(embed := Counted())
    assert (once(TEXTS) == once(TEXTS)).all()
    assert embed.batches == [[text] for text in TEXTS]


@pytest.fixture
def file(tmp_path):
    return meanings.ship(TEXTS, words, tmp_path / "meanings.npz")


def test_shipped_sentences_are_not_embedded_and_keep_their_meaning(file):
    recalled = meanings.recalling(embed := Counted(), file)(TEXTS)
    assert not embed.batches
    assert np.abs(recalled - words(TEXTS)).max() <= 0.5 / meanings.STEPS + 1e-6


def test_changed_content_is_embedded_alone(file):
    recalled = meanings.recalling(embed := Counted(), file)
    assert recalled([*TEXTS, "new", "new", "newer"]).shape[0] == 6
    assert recalled(["new"]).shape[0] == 1
    assert embed.batches == [["new", "newer"]]


def test_the_file_is_of_exactly_these_sentences_and_always_the_same(file):
    assert meanings.shipped_for(TEXTS, file) and not meanings.shipped_for(TEXTS[1:], file)
    before = file.read_bytes()
    assert meanings.ship([*reversed(TEXTS), TEXTS[0]], words, file).read_bytes() == before
    meanings.ship(TEXTS[1:], words, file)
    assert meanings.shipped_for(TEXTS[1:], file)


def test_vectors_of_another_model_are_not_used(file, monkeypatch):
    monkeypatch.setattr(meanings, "_model", lambda: "another")
    assert not meanings.shipped_for(TEXTS, file)
    meanings.recalling(embed := Counted(), file)(TEXTS)
    assert embed.batches


def test_the_shipped_vectors_are_of_the_shipped_sentences():
    sentences = Listener(words, CardRouter(words, all_questions)).sentences()
    assert meanings.shipped_for(sentences), "Learn them: under500 interview lint --learn"
    assert meanings.SHIPPED.stat().st_size < 3_500_000

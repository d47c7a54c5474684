"""Pairs of sentences that differ in a word: one states a misconception, the other does not."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.interview.content_files import read
from harness.interview.scoring import classifier
from harness.interview.scoring.rubric import FOLDER, TWINS, TwinEntry, rubric
from harness.interview.scoring.words import fit_vocabulary


def twins(files: str = "*.yaml") -> list[TwinEntry]:
    """Return the pairs of the files whose names match."""
    files = sorted(Path(FOLDER / TWINS).glob(files))
    return [twin for path in files for twin in read(path, tuple[TwinEntry, ...])]


def accused(scorer, text: str, name: str) -> bool:
    mistakes = scorer.answer(text).mistakes
    return any(m.misconception == name and not m.repaired for m in mistakes)


def test_every_misconception_has_wordings_and_near_misses_in_many_voices():
    wrong = [(name, twin) for twin in twins() for name in twin.wrong]
    wordings = Counter(name for name, _ in wrong)
    near = Counter(name for name, twin in wrong if twin.not_)
    voices = {twin.voice for _, twin in wrong}
    assert set(wordings) == {m.id for m in rubric().misconceptions}
    assert min(wordings.values()) >= 6 and min(near.values()) >= 4 and len(voices) >= 20


def test_patterns_alone_tell_most_misconceptions_from_their_twins(scorer):
    # The patterns were written for these files; the voices of the others teach the classifier alone.
    pairs = [(twin, name) for twin in twins("[1-8]-*.yaml") for name in twin.wrong]
    found = sum(accused(scorer, twin.text, name) for twin, name in pairs)
    falsely = [twin.not_ for twin, name in pairs if twin.not_ and accused(scorer, twin.not_, name)]
    assert found >= 0.7 * len(pairs)
    assert len(falsely) <= 0.05 * found, falsely


def test_a_twin_is_about_what_its_sentence_shows_and_does_not_show_it():
    loaded = rubric()
    contrary = set(loaded.contrary)
    labelled = {text: set() for text, _ in loaded.sentences}
    for text, shown in loaded.sentences:
        labelled[text] |= shown
    for twin in twins():
        shown, instead = {*twin.shows, *twin.wrong}, set(twin.not_shows or ())
        assert labelled[twin.text] >= shown
        if twin.not_ and twin.not_shows is not None:
            assert labelled[twin.not_] >= instead
        for name in shown - instead if twin.not_ else ():
            assert (twin.not_, name) in contrary
        for name in instead - shown:
            assert (twin.text, name) in contrary


def test_products_approximate_the_square_of_the_similarity():
    vectors = np.eye(8)[[0, 1]] + 0.5
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    meanings = dict(zip("ab", vectors, strict=True))
    nothing = fit_vocabulary([])

    def features(text: str) -> np.ndarray:
        return classifier._features(text, meanings[text], nothing)

    linear = float(vectors[0] @ vectors[1])
    expected = (linear + linear**2) / 2 + classifier.CONSTANT**2
    assert abs(float(features("a") @ features("b")) - expected) < 0.03


def test_the_weights_outlive_a_changed_pattern_but_not_a_changed_sentence():
    loaded = rubric()
    first, *others = loaded.expectations
    patterns = replace(loaded, expectations=(replace(first, accept=()), *others))
    sentence = replace(loaded, sentences=(*loaded.sentences, ("We guess.", frozenset())))
    key = classifier._key(loaded, "model")
    assert classifier._key(patterns, "model") == key
    assert key != classifier._key(sentence, "model")
    assert key != classifier._key(loaded, "another model")

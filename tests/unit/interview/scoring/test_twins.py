"""Pairs of sentences that differ in a word: one states a misconception, the other does not."""

from collections import Counter
from pathlib import Path

from harness.interview.content_files import read
from harness.interview.scoring.rubric import FOLDER, TWINS, TwinEntry, rubric


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
        assert {(twin.text, name) for name in twin.near} <= contrary
        for name in shown - instead if twin.not_ else ():
            assert (twin.not_, name) in contrary
        for name in instead - shown:
            assert (twin.text, name) in contrary

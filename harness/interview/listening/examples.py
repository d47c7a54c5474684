"""The labelled sentences and turns of candidates, of many voices, as the encoder learns them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from harness.interview.content_files import CONTENT, LOADER, BadContentError, Strict, Text, read
from harness.interview.reading import Act

TURNS = CONTENT / "turns"  # one file per voice: acts -> sentences
HEARD = CONTENT / "heard"  # one file per voice: whole turns in their situation
ROLES = CONTENT / "roles"  # one file per voice: role -> sentences
RUBRIC = CONTENT / "rubric" / "sentences"
SHORT = 16  # words: a longer sentence of the rubric explains, and a candidate proposes in few words
NONE = "none"  # the label of a sentence that does nothing: "okay", "let me think"
ACTS = (*(str(act) for act in Act), NONE)

SENTENCE = re.compile(r"(?<=[.?!:])\s+")
MAX_BEFORE = 200  # characters of what the interviewer had said

Labelled = tuple[str, tuple[str, ...], str]  # (sentence, labels, voice)


class HeardTurn(Strict):
    """A whole turn of a candidate, labelled.

    blames: the suspect that it names, if any. opinion: it asks what somebody means, wants, allows or thinks.
    """

    case: str
    before: Text
    says: Text
    acts: tuple[str, ...]
    cards: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    blames: str | None = None
    opinion: bool = False


def labelled_sentences(folder: Path = TURNS) -> Iterator[Labelled]:
    """Yield the example sentences of all voices.

    Raises BadContentError if a file is broken or names an act that does not exist.
    """
    for path in sorted(folder.glob("*.yaml")):
        for key, sentences in read(path, dict[str, tuple[Text, ...]]).items():
            labels = tuple(key.split())
            if unknown := set(labels) - set(ACTS):
                raise BadContentError(f"{path.name}: there is no act {', '.join(sorted(unknown))}.")
            yield from ((sentence, labels, path.stem) for sentence in sentences)


def heard_turns(folder: Path = HEARD) -> tuple[HeardTurn, ...]:
    """Return the labelled whole turns of all voices. Raises BadContentError if a file is broken."""
    files = sorted(folder.glob("*.yaml"))
    return tuple(turn for path in files for turn in read(path, tuple[HeardTurn, ...]))


def rubric_sentences() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the short labelled sentences of the rubric, with the ids of what they show."""
    for path in sorted(RUBRIC.glob("*.yaml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER):
            if len(entry["text"].split()) <= SHORT:
                yield entry["text"], tuple(entry.get("shows", ()))


def last_words(before: str) -> str:
    """Return the interviewer's last two sentences: what a turn answers."""
    return " ".join(SENTENCE.split(before.strip())[-2:])[-MAX_BEFORE:]


def situation(case: str, before: str) -> str:
    """Return what a turn is read with: the name of the case, whose cards have own words, and `before`."""
    return f"{case}. {last_words(before)}".strip()

"""Labelled example sentences as the regressions need them: texts, targets and signs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import yaml

from harness.interview.content_files import CONTENT, LOADER, BadContentError, Strict, Text, read
from harness.interview.listening.evidence import signs
from harness.interview.listening.similarity import Examples
from harness.interview.reading import NOT_SHOWN, Act
from harness.kb.seeded import code

TURNS = CONTENT / "turns"  # one file per voice: acts -> sentences
HEARD = CONTENT / "heard"  # one file per voice: whole turns in their situation
ROLES = CONTENT / "roles"  # one file per voice: role -> sentences
RUBRIC = CONTENT / "rubric" / "sentences"
SHORT = 16  # words: a longer sentence of the rubric explains, and a candidate proposes in few words
NONE = "none"  # the label of a sentence that does nothing: "okay", "let me think"
ACTS = (*(str(act) for act in Act), NONE)
NAMES = ("intents", "remedies", "suspects", "evidence")
FILES = tuple(CONTENT / f"{name}.yaml" for name in NAMES)
VERSION = 5  # of the stored weights
EACH = 6  # one question in six teaches asking; all of them would outnumber the other acts
JOINED = "The product manager joins us now."
CHOOSE = "Decide, please."

SENTENCE = re.compile(r"(?<=[.?!:])\s+")
MAX_BEFORE = 200  # characters of what the interviewer had said

Labelled = tuple[str, tuple[str, ...], str]  # (sentence, labels, voice)


@dataclass(frozen=True, slots=True)
class Row:
    """One example: words, their labels, and their situation."""

    text: str
    labels: tuple[str, ...]
    before: str = ""
    case: str = ""


class HeardTurn(Strict):
    """A whole turn of a candidate, labelled. blames: the suspect that it names, if any."""

    case: str
    before: Text
    says: Text
    acts: tuple[str, ...]
    cards: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    blames: str | None = None

    def row(self, labels: Iterable[str]) -> Row:
        """Return the turn as an example with these labels."""
        return Row(self.says, tuple(labels), self.before, self.case)


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


def act_examples(labelled: Iterable[Labelled], questions: Iterable[Labelled]) -> Examples:
    """Return the examples for acts. questions: more of them, by what they ask for.

    Words to the product manager and decisions are learned once as an answer to what calls for them, and once
    without what came before, so that the place in the interview helps and does not decide.
    """
    rows = [Row(sentence, labels) for sentence, labels, _ in labelled]
    asking = [question for question, about, _ in questions if about[0] not in NOT_SHOWN]
    rows += [Row(question, (str(Act.ASK),)) for question in asking[::EACH]]
    answers = ((Act.STAKEHOLDER, JOINED), (Act.DECIDE, CHOOSE))
    rows += [
        replace(r, before=asked) for act, asked in answers for r in rows if str(act) in r.labels
    ]
    return examples([*rows, *(turn.row(turn.acts) for turn in heard_turns())], ACTS)


def rubric_sentences() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the short labelled sentences of the rubric, with the ids of what they show."""
    for path in sorted(RUBRIC.glob("*.yaml")):
        for entry in yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER):
            if len(entry["text"].split()) <= SHORT:
                yield entry["text"], tuple(entry.get("shows", ()))


def stored(name: str, folder: Path) -> Path:
    """Return the file of a regression's weights in a folder; its name changes with the content files."""
    return folder / f"heard-{name}-{_digest(learned_from())}.npz"


def learned_from() -> tuple[Path, ...]:
    """Return all content files that listening learns from."""
    folders = (TURNS, HEARD, ROLES, CONTENT / "questions", RUBRIC)
    return (*(path for folder in folders for path in sorted(folder.glob("*.yaml"))), *FILES)


@cache
def _digest(paths: tuple[Path, ...]) -> str:
    """Return a hash of the files' text; reading them as YAML would take seconds."""
    return code(VERSION, *(path.read_text(encoding="utf-8") for path in paths))


def single(texts: Iterable[tuple[str, str]]) -> list[Row]:
    """Return rows of (text, label), said anywhere."""
    return [Row(text, (label,)) for text, label in texts]


def examples(rows: Sequence[Row], labels: Sequence[str]) -> Examples:
    """Return the rows with these labels as targets."""
    targets = np.array([[1.0 if name in row.labels else -1.0 for name in labels] for row in rows])
    return Examples(
        texts=tuple(row.text for row in rows),
        targets=targets,
        signs=np.stack([signs(row.text, row.before) for row in rows]),
        befores=tuple(last_words(row.before) for row in rows),
        cases=tuple(row.case for row in rows),
    )


def last_words(before: str) -> str:
    """Return the interviewer's last two sentences: what a turn answers."""
    return " ".join(SENTENCE.split(before.strip())[-2:])[-MAX_BEFORE:]

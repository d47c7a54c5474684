"""The rubric: expectations and misconceptions with their patterns, read from `content/rubric/*.yaml`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from harness.errors import PlainError
from harness.interview.scoring.guards import Guards, GuardsEntry, guards
from harness.interview.scoring.patterns import Lexicon, Pattern, Source

FOLDER = Path(__file__).parents[1] / "content" / "rubric"
LEXICON, MISCONCEPTIONS, PHRASINGS = "lexicon.yaml", "misconceptions.yaml", "phrasings.yaml"
GUARDS, CLASSIFIER, CONTRARY, SENTENCES = (
    "guards.yaml",
    "classifier.yaml",
    "contrary.yaml",
    "sentences",
)
OTHERS = (
    LEXICON,
    MISCONCEPTIONS,
    PHRASINGS,
    GUARDS,
    CLASSIFIER,
    CONTRARY,
)  # every other file is a dimension

NOTHING = "NOTHING"  # the entry of the phrasings that belongs to no expectation

SAFE = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # the same, eight times as fast, where libyaml is

Tier = Literal["core", "solid", "outstanding"]
Model = TypeVar("Model", bound=BaseModel)
DIMENSIONS = ("systematic", "stack", "tradeoffs", "stakeholders")


class RubricError(PlainError):
    """A rubric file that cannot be used."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectationEntry(_Entry):
    """One expectation as it is written in a rubric file."""

    id: str
    tier: Tier
    says: str
    lab: str
    topic: tuple[Source, ...]
    accept: tuple[Source, ...]
    explain: tuple[Source, ...] = ()
    refuse: tuple[Source, ...] = ()
    asks: bool = False
    asked: tuple[Source, ...] = ()
    negative: bool = False
    window: int = 1
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


class DimensionEntry(_Entry):
    """One rubric file: a dimension and its expectations."""

    dimension: Literal[DIMENSIONS]
    name: str
    asked: tuple[Source, ...] = ()
    expectations: tuple[ExpectationEntry, ...]


class MisconceptionEntry(_Entry):
    """One misconception as it is written."""

    id: str
    says: str
    denies: tuple[str, ...]
    truth: str
    accept: tuple[Source, ...]
    unless: tuple[Source, ...] = ()
    core: bool = False
    negative: bool = False
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


class LexiconEntry(RootModel[dict[str, tuple[str, ...]]]):
    """The file of word classes."""


class PhrasingEntry(BaseModel):
    """More examples of an expectation, and more sentences that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    shows: tuple[str, ...]
    not_: tuple[str, ...] = Field(alias="not")


class PhrasingsEntry(RootModel[dict[str, PhrasingEntry]]):
    """The file of phrasings, by expectation."""


class SentenceEntry(_Entry):
    """A labelled sentence, perhaps an answer to a follow-up."""

    voice: str
    text: str
    shows: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    prompt: str = ""


class SentencesEntry(RootModel[tuple[SentenceEntry, ...]]):
    """A file of labelled sentences."""


class HearingEntry(RootModel[dict[str, tuple[str, ...]]]):
    """A file of sentences by expectation: that show it, or that say the contrary."""


class MisconceptionsEntry(_Entry):
    """The file of misconceptions."""

    misconceptions: tuple[MisconceptionEntry, ...]


@dataclass(frozen=True, eq=False)
class Expectation:
    """What a good answer shows, ready to be looked for.

    accept: any of them and the idea is there; explain: any of them near it and its mechanism, condition or
    cost is there; refuse: any of them and the sentence says something else, or the contrary.
    topic: what a sentence about it has in common; asks: a question of the candidate can show it.
    negative: it denies something itself ("we cannot promise both"), so a "not" takes nothing away.
    asked: questions that ask for it without its name; window: sentences that are read together.
    """

    id: str
    dimension: str
    tier: Tier
    says: str
    lab: str
    topic: tuple[Pattern, ...]
    accept: tuple[Pattern, ...]
    explain: tuple[Pattern, ...]
    refuse: tuple[Pattern, ...]
    asks: bool
    asked: tuple[Pattern, ...]
    negative: bool
    window: int
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Misconception:
    """What a wrong answer says.

    core: left standing, it caps the dimensions of what it denies at 2. negative: it denies something itself
    ("never costs quality"), so a "not" in it takes nothing back.
    """

    id: str
    says: str
    denies: tuple[str, ...]
    truth: str
    accept: tuple[Pattern, ...]
    unless: tuple[Pattern, ...]
    core: bool
    negative: bool
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Rubric:
    """All of it, in the order of the files.

    asked: by dimension, questions that ask about it and name nothing in it.
    sentences: more of them, with what each shows; contrary: with what each denies.
    sha256: of the files' bytes.
    """

    expectations: tuple[Expectation, ...]
    misconceptions: tuple[Misconception, ...]
    asked: Mapping[str, tuple[Pattern, ...]]
    guards: Guards
    sentences: tuple[tuple[str, frozenset[str]], ...]
    contrary: tuple[tuple[str, str], ...]
    sha256: str

    @cached_property
    def by_id(self) -> dict[str, Expectation]:
        """Expectation ids to expectations."""
        return {expectation.id: expectation for expectation in self.expectations}

    def of(self, dimension: str) -> tuple[Expectation, ...]:
        """The expectations of one dimension."""
        return tuple(e for e in self.expectations if e.dimension == dimension)


@cache
def rubric(folder: Path = FOLDER) -> Rubric:
    """The rubric in a folder. Raises RubricError, naming the file."""
    files = sorted(folder.rglob("*.yaml"))
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(folder).as_posix()
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    lexicon = Lexicon(_checked(LexiconEntry, folder / LEXICON).root)
    more = _checked(PhrasingsEntry, folder / PHRASINGS).root
    dimensions = [
        _checked(DimensionEntry, path)
        for path in sorted(folder.glob("*.yaml"))
        if path.name not in OTHERS
    ]
    expectations = tuple(
        _expectation(entry.dimension, one, lexicon, more.get(one.id))
        for entry in dimensions
        for one in entry.expectations
    )
    asked = {d.dimension: tuple(map(lexicon.compile, d.asked)) for d in dimensions}
    listed = _checked(MisconceptionsEntry, folder / MISCONCEPTIONS).misconceptions
    misconceptions = tuple(_misconception(entry, lexicon) for entry in listed)
    _check_ids(expectations, misconceptions)
    sentences = tuple(_sentences(folder, more.get(NOTHING)))
    denied = _checked(HearingEntry, folder / CONTRARY).root
    contrary = tuple((text, name) for name, texts in denied.items() for text in texts)
    guarding = guards(_checked(GuardsEntry, folder / GUARDS), lexicon)
    return Rubric(
        expectations, misconceptions, asked, guarding, sentences, contrary, digest.hexdigest()
    )


def _sentences(folder: Path, nothing: PhrasingEntry | None) -> Iterator[tuple[str, frozenset[str]]]:
    yield from ((text, frozenset()) for text in (nothing.not_ if nothing else ()))
    for name, texts in _checked(HearingEntry, folder / CLASSIFIER).root.items():
        yield from ((text, frozenset({name} - {NOTHING})) for text in texts)
    for path in sorted((folder / SENTENCES).glob("*.yaml")):
        entries = _checked(SentencesEntry, path).root
        yield from ((entry.text, frozenset(entry.shows)) for entry in entries)


def _expectation(
    dimension: str, entry: ExpectationEntry, lexicon: Lexicon, more: PhrasingEntry | None
) -> Expectation:
    patterns = {
        name: tuple(lexicon.compile(source) for source in getattr(entry, name))
        for name in ("topic", "accept", "explain", "refuse", "asked")
    }
    examples = {
        "examples": (*entry.examples, *(more.shows if more else ())),
        "counterexamples": (*entry.counterexamples, *(more.not_ if more else ())),
    }
    return Expectation(dimension=dimension, **{**dict(entry), **patterns, **examples})


def _misconception(entry: MisconceptionEntry, lexicon: Lexicon) -> Misconception:
    patterns = {
        name: tuple(lexicon.compile(source) for source in getattr(entry, name))
        for name in ("accept", "unless")
    }
    return Misconception(**{**dict(entry), **patterns})


def _checked(kind: type[Model], path: Path) -> Model:
    try:
        return kind.model_validate(_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RubricError(
            f"{path.name} is wrong at {where} ({first['msg']}): correct it."
        ) from error


def _yaml(path: Path) -> object:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE)
    except OSError as error:
        raise RubricError(f"{path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = " ".join(str(error).split())
        raise RubricError(f"{path.name} is broken YAML ({place}): correct it.") from error


def _check_ids(
    expectations: tuple[Expectation, ...], misconceptions: tuple[Misconception, ...]
) -> None:
    ids = [entry.id for entry in (*expectations, *misconceptions)]
    if twice := {one for one in ids if ids.count(one) > 1}:
        raise RubricError(f"The rubric has {', '.join(sorted(twice))} twice: rename one.")
    unknown = {one for m in misconceptions for one in m.denies} - {e.id for e in expectations}
    if unknown:
        raise RubricError(f"A misconception denies {', '.join(sorted(unknown))}: no such id.")

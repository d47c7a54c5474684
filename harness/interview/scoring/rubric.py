"""The rubric: expectations and misconceptions with their patterns, read from `content/rubric/*.yaml`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from harness.errors import PlainError
from harness.interview.content_files import LOADER
from harness.interview.scoring.guards import Guards, GuardsEntry, guards
from harness.interview.scoring.patterns import Lexicon, Pattern, Source

FOLDER = Path(__file__).parents[1] / "content" / "rubric"
LEXICON, GUARDS, MISCONCEPTIONS = "lexicon.yaml", "guards.yaml", "misconceptions.yaml"
PHRASINGS, CLASSIFIER, CONTRARY = "phrasings.yaml", "classifier.yaml", "contrary.yaml"
SENTENCES = "sentences"  # folder of labelled answers
TWINS = (
    "twins"  # folder of labelled answers, many with a twin that differs in a word and shows nothing
)
# Every other file in the folder is a dimension.
OTHERS = (LEXICON, GUARDS, MISCONCEPTIONS, PHRASINGS, CLASSIFIER, CONTRARY)
NOTHING = "NOTHING"  # key, in place of an expectation's id, of the sentences that show none

Tier = Literal["core", "solid", "outstanding"]
Model = TypeVar("Model", bound=BaseModel)
DIMENSIONS = ("systematic", "stack", "tradeoffs", "stakeholders")


class RubricError(PlainError):
    """A rubric file that cannot be used."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ExpectationEntry(_Entry):
    """One expectation as written in a rubric file; the fields mean the same as in `Expectation`."""

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
    """One misconception as written in its file; the fields mean the same as in `Misconception`."""

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
    """More examples (`shows`) and counterexamples (`not`) of an expectation."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    shows: tuple[str, ...]
    not_: tuple[str, ...] = Field(alias="not")


class PhrasingsEntry(RootModel[dict[str, PhrasingEntry]]):
    """The file of phrasings, by expectation."""


class SentenceEntry(_Entry):
    """A labelled sentence.

    voice: the kind of speaker, such as "terse senior". shows, wrong: ids of the expectations that it shows
    and of the misconceptions that it leaves standing. prompt: the follow-up that it answers, if any.
    """

    voice: str
    text: str
    shows: tuple[str, ...]
    wrong: tuple[str, ...] = ()
    prompt: str = ""


class SentencesEntry(RootModel[tuple[SentenceEntry, ...]]):
    """A file of labelled sentences."""


class TwinEntry(SentenceEntry):
    """A labelled sentence with its twin, if it has one: almost the same words, and not what they show.

    not_shows: what the twin shows or states instead; None if that is not labelled. near: ids of what the
    sentence falls short of.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    not_: str | None = Field(default=None, alias="not")
    not_shows: tuple[str, ...] | None = None
    near: tuple[str, ...] = ()


class TwinsEntry(RootModel[tuple[TwinEntry, ...]]):
    """A file of twins."""


class ByExpectationEntry(RootModel[dict[str, tuple[str, ...]]]):
    """A file of sentences by expectation: those that show it, or those that say the contrary."""


class MisconceptionsEntry(_Entry):
    """The file of misconceptions."""

    misconceptions: tuple[MisconceptionEntry, ...]


@dataclass(frozen=True, eq=False)
class Expectation:
    """An idea that a good answer shows, with compiled patterns.

    says: the idea in a sentence. lab: where to practise it. A sentence shows the idea if it matches one of
    `accept`; a match of `explain` near by gives the mechanism, condition or cost, and a match of `refuse`
    means that the sentence says something else, or the contrary.
    topic: the words common to sentences about the idea, whichever side they take. asked: interview questions
    that ask for the idea without naming it. asks: True if a question by the candidate can show the idea.
    negative: True if the idea itself denies something ("we cannot promise both"), so that a "not" does not
    negate it. window: how many consecutive sentences may show it together.
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
    """A wrong statement.

    says: the statement in a sentence. truth: its correction. denies: ids of the expectations that it
    contradicts. A sentence states it if it matches one of `accept` and none of `unless`.
    core: True if, unless taken back, it caps the dimensions of those expectations at a score of 2. negative:
    True if it denies something itself ("never costs quality"), so that a "not" in it does not take it back.
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
    """The whole rubric, in the order of its files.

    asked: by dimension, patterns of interview questions that ask about the dimension and name none of its
    ideas. sentences: labelled sentences beyond the examples, each with the ids of what it shows and of the
    misconceptions that it states. contrary: sentences, each with the id of what it denies or does not quite
    say. sha256: of the files' names and bytes.
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
        """Return the expectations by id."""
        return {expectation.id: expectation for expectation in self.expectations}

    def in_dimension(self, dimension: str) -> tuple[Expectation, ...]:
        """Return the expectations of one dimension."""
        return tuple(e for e in self.expectations if e.dimension == dimension)


@cache
def rubric(folder: Path = FOLDER) -> Rubric:
    """Return the rubric in a folder. Raises RubricError, naming the file, or PatternError."""
    lexicon = Lexicon(_checked(LexiconEntry, folder / LEXICON).root)
    phrasings = _checked(PhrasingsEntry, folder / PHRASINGS).root
    dimensions = [
        _checked(DimensionEntry, path)
        for path in sorted(folder.glob("*.yaml"))
        if path.name not in OTHERS
    ]
    expectations = tuple(
        _expectation(dimension.dimension, entry, lexicon, phrasings.get(entry.id))
        for dimension in dimensions
        for entry in dimension.expectations
    )
    entries = _checked(MisconceptionsEntry, folder / MISCONCEPTIONS).misconceptions
    misconceptions = tuple(_misconception(entry, lexicon) for entry in entries)
    _check_ids(expectations, misconceptions)
    contrary = _checked(ByExpectationEntry, folder / CONTRARY).root
    twins = _entries(folder / TWINS, TwinsEntry)
    return Rubric(
        expectations,
        misconceptions,
        {d.dimension: tuple(map(lexicon.compile, d.asked)) for d in dimensions},
        guards(_checked(GuardsEntry, folder / GUARDS), lexicon),
        (*_sentences(folder, phrasings.get(NOTHING)), *_of_twins(twins)),
        (
            *((text, name) for name, texts in contrary.items() for text in texts),
            *_contrary_to(twins),
        ),
        _sha256(folder),
    )


def _sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.yaml")):
        name = path.relative_to(folder).as_posix()
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _sentences(folder: Path, nothing: PhrasingEntry | None) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield `Rubric.sentences`. nothing: the phrasings that show no expectation."""
    yield from ((text, frozenset()) for text in (nothing.not_ if nothing else ()))
    for name, texts in _checked(ByExpectationEntry, folder / CLASSIFIER).root.items():
        yield from ((text, frozenset({name} - {NOTHING})) for text in texts)
    for entry in _entries(folder / SENTENCES, SentencesEntry):
        yield entry.text, frozenset((*entry.shows, *entry.wrong))


def _of_twins(twins: Iterable[TwinEntry]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the sentences themselves, and those of their twins that are labelled."""
    for twin in twins:
        yield twin.text, frozenset((*twin.shows, *twin.wrong))
        if twin.not_ and twin.not_shows is not None:
            yield twin.not_, frozenset(twin.not_shows)


def _contrary_to(twins: Iterable[TwinEntry]) -> Iterator[tuple[str, str]]:
    """Yield each twin with the id of what it does not show, unlike its sentence; and the other way round.

    A sentence alone is yielded with what it falls short of.
    """
    for twin in twins:
        yield from ((twin.text, name) for name in twin.near)
        shown, instead = {*twin.shows, *twin.wrong}, set(twin.not_shows or ())
        if twin.not_:
            yield from ((twin.not_, name) for name in sorted(shown - instead))
            yield from ((twin.text, name) for name in sorted(instead - shown))


def _entries(folder: Path, schema: type[RootModel]) -> list[SentenceEntry]:
    """Return the entries of all files in a folder."""
    return [e for path in sorted(folder.glob("*.yaml")) for e in _checked(schema, path).root]


def _expectation(
    dimension: str, entry: ExpectationEntry, lexicon: Lexicon, phrasing: PhrasingEntry | None
) -> Expectation:
    patterns = {
        name: tuple(lexicon.compile(source) for source in getattr(entry, name))
        for name in ("topic", "accept", "explain", "refuse", "asked")
    }
    examples = {
        "examples": (*entry.examples, *(phrasing.shows if phrasing else ())),
        "counterexamples": (*entry.counterexamples, *(phrasing.not_ if phrasing else ())),
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
            f"{path.name} is not valid at {where} ({first['msg']}): correct it."
        ) from error


def _yaml(path: Path) -> object:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    except OSError as error:
        raise RubricError(f"{path} cannot be read ({error.strerror}).") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        place = " ".join(str(error).split())
        raise RubricError(f"{path.name} is not valid YAML ({place}): correct it.") from error


def _check_ids(
    expectations: tuple[Expectation, ...], misconceptions: tuple[Misconception, ...]
) -> None:
    ids = [entry.id for entry in (*expectations, *misconceptions)]
    if duplicates := {name for name in ids if ids.count(name) > 1}:
        raise RubricError(f"The rubric has {', '.join(sorted(duplicates))} twice: rename one.")
    unknown = {name for m in misconceptions for name in m.denies} - {e.id for e in expectations}
    if unknown:
        raise RubricError(
            f"A misconception denies {', '.join(sorted(unknown))}, which is no expectation's id."
        )

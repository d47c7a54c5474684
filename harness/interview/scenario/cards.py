"""Data cards, which the interviewer shows on request: texts from content files, numbers from the sample."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from harness.interview.content_files import CONTENT, BadContentError, Strict, Text, read
from harness.interview.scenario.cards_figures import Figure, figure
from harness.interview.scenario.mechanism import Fact, Name
from harness.interview.scenario.sample import Sample
from harness.interview.scenario.scenario import CardWords

FIELD = re.compile(r"\{([^{}:]+)(?::([^{}]*))?\}")  # {name} or {name:format}


class StandardCard(Strict):
    """A card that every scenario has. about: its content as a phrase, such as "the time per stage"."""

    id: Name
    title: Text
    about: Text
    note: Text
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Deck(Strict):
    """All standard cards, and the default facts about a service; a scenario may override them."""

    facts: dict[Name, Fact]
    cards: tuple[StandardCard, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the candidate sees it: a note and possibly a table. figures: its numbers, in order."""

    id: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[Figure, ...]

    @property
    def text(self) -> str:
        """Return the note and the table as plain lines."""
        table = [self.columns, *self.rows] if self.columns else self.rows
        return "\n".join([self.note, *(" | ".join(row) for row in table)])


@cache
def deck() -> Deck:
    """Return the standard cards, in the order in which they are listed."""
    return read(CONTENT / "cards.yaml", Deck)


@cache
def card_ids() -> tuple[str, ...]:
    """Return the ids of all cards."""
    return tuple(card.id for card in deck().cards)


def abouts() -> dict[str, str]:
    """Return the `about` phrase of each card, by id."""
    return {card.id: card.about for card in deck().cards}


def cards(sample: Sample) -> dict[str, Card]:
    """Return all cards of a session by id.

    Raises BadContentError if the scenario names a card or a number that does not exist.
    """
    own = sample.scenario.cards
    if unknown := set(own) - set(card_ids()):
        raise BadContentError(
            f"{sample.scenario.id} has cards that do not exist: {', '.join(sorted(unknown))}."
        )
    filling = _Filling(sample)
    return {card.id: _card(card, own.get(card.id), filling) for card in deck().cards}


def filled(template: str, sample: Sample) -> str:
    """Return `template` with its numbers filled in, as in "{mean.decode} of {mean.total}".

    Raises BadContentError for a number that does not exist.
    """
    return _Filling(sample).format(template)


def _card(standard: StandardCard, own: CardWords | None, filling: _Filling) -> Card:
    """Build a card. If the scenario has words for it, they replace the standard note and table."""
    words = own or standard
    filling.figures = []
    return Card(
        id=standard.id,
        title=(own and own.title) or standard.title,
        note=filling.format(words.note),
        columns=words.columns,
        rows=tuple(tuple(filling.format(cell) for cell in row) for row in words.rows),
        figures=tuple(filling.figures),
    )


class _Filling:
    """The numbers of one sample, which fill templates. figures: those that were used, in order."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        own = {"deploy": sample.scenario.deploy.note, **sample.scenario.facts}
        self.facts: Mapping[str, Fact] = deck().facts | own
        self.known: dict[str, Figure | str] = {}
        self.figures: list[Figure] = []

    def format(self, template: str) -> str:
        return FIELD.sub(lambda found: self._value(found[1], found[2] or ""), template)

    def _value(self, name: str, spec: str) -> str:
        if name not in self.known:
            self.known[name] = self._looked_up(name)
        value = self.known[name]
        if isinstance(value, str):
            return self.format(value)  # a text that may contain numbers itself
        self.figures.append(value)
        return format(value, spec)

    def _looked_up(self, name: str) -> Figure | str:
        try:
            return figure(name, self.sample, self.facts)
        except KeyError as error:
            raise BadContentError(
                f"{self.sample.scenario.id}: there is no number '{name}'."
            ) from error

"""Data cards: what the interviewer shows when asked. Words from content, every number from the sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

from harness.interview.content_files import CONTENT, BadContentError, Strict, Text, read
from harness.interview.scenario.cards_figures import Figure, figure
from harness.interview.scenario.sample import Sample
from harness.interview.scenario.scenario import CardWords, Fact, Name


class StandardCard(Strict):
    """A card that every scenario has. about: what it is, as one asks for it ("the time per stage")."""

    id: Name
    title: Text
    about: Text
    note: Text
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Deck(Strict):
    """All standard cards, and what holds for a service unless its scenario says otherwise."""

    facts: dict[Name, Fact]
    cards: tuple[StandardCard, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """What the candidate sees: a note, perhaps a table. figures: each number on it, in order."""

    id: str
    title: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: tuple[Figure, ...]

    @property
    def text(self) -> str:
        """Everything on the card as plain lines."""
        table = [self.columns, *self.rows] if self.columns else self.rows
        return "\n".join([self.note, *(" | ".join(row) for row in table)])


@cache
def deck() -> Deck:
    """The standard cards, in the order in which they are listed."""
    return read(CONTENT / "cards.yaml", Deck)


@cache
def card_ids() -> tuple[str, ...]:
    """Ids of all cards."""
    return tuple(card.id for card in deck().cards)


def abouts() -> dict[str, str]:
    """What each card is, as one asks for it, by id."""
    return {card.id: card.about for card in deck().cards}


def cards(sample: Sample) -> dict[str, Card]:
    """All cards of a session by id. Raises BadContentError for a number that does not exist."""
    own = sample.scenario.cards
    if unknown := set(own) - set(card_ids()):
        raise BadContentError(
            f"{sample.scenario.id} has cards that do not exist: {sorted(unknown)}."
        )
    return {card.id: _card(card, own.get(card.id), sample) for card in deck().cards}


def filled(template: str, sample: Sample) -> str:
    """`template` with its numbers: "{mean.decode} of {mean.total}". Raises BadContentError."""
    return _Filling(sample).format(template)


def _card(standard: StandardCard, own: CardWords | None, sample: Sample) -> Card:
    """The scenario's words in place of the standard ones; a table that it does not give is dropped."""
    words = own or standard
    filling = _Filling(sample)
    return Card(
        id=standard.id,
        title=standard.title,
        note=filling.format(words.note),
        columns=words.columns,
        rows=tuple(tuple(filling.format(cell) for cell in row) for row in words.rows),
        figures=tuple(filling.figures),
    )


class _Filling(Formatter):
    """Fills templates from a sample and keeps the figures it has used."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        own = {"deploy": sample.scenario.deploy.note, **sample.scenario.facts}
        self.facts: Mapping[str, Fact] = deck().facts | own
        self.figures: list[Figure] = []

    def get_field(
        self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, str]:
        try:
            found = figure(field_name, self.sample, self.facts)
        except KeyError as error:
            name = self.sample.scenario.id
            raise BadContentError(f"{name}: there is no number '{field_name}'.") from error
        if isinstance(found, str):
            return self.format(found), field_name  # words that hold numbers in turn
        self.figures.append(found)
        return found, field_name

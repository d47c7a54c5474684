"""Data cards, which the interviewer shows on request: texts from content files, numbers from the sample."""

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
    return {card.id: _card(card, own.get(card.id), sample) for card in deck().cards}


def filled(template: str, sample: Sample) -> str:
    """Return `template` with its numbers filled in, as in "{mean.decode} of {mean.total}".

    Raises BadContentError for a number that does not exist.
    """
    return _Filling(sample).format(template)


def _card(standard: StandardCard, own: CardWords | None, sample: Sample) -> Card:
    """Build a card. If the scenario has words for it, they replace the standard note and table."""
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
    """A formatter that fills templates from a sample and records the figures it uses."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        own = {"deploy": sample.scenario.deploy.note, **sample.scenario.facts}
        self.facts: Mapping[str, Fact] = deck().facts | own
        self.figures: list[Figure] = []

    def get_field(
        self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Any, str]:
        try:
            value = figure(field_name, self.sample, self.facts)
        except KeyError as error:
            name = self.sample.scenario.id
            raise BadContentError(f"{name}: there is no number '{field_name}'.") from error
        if isinstance(value, str):
            return self.format(value), field_name  # a text that may contain numbers itself
        self.figures.append(value)
        return value, field_name

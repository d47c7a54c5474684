"""A session: a scenario with a seed, a level, a mode and a time limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from harness.interview.scenario import cards as decks
from harness.interview.scenario.cards import Card
from harness.interview.scenario.casefile import CaseFile
from harness.interview.scenario.next_time import remedy_names, said_here
from harness.interview.scenario.sample import Sample, draw
from harness.interview.scenario.scenario import Scenario, scenario, scenarios
from harness.interview.scenario.transcript import Event, Header, Transcript

Level = Literal["mid", "senior", "staff"]
Mode = Literal["exam", "coach"]
BREAKDOWN_CARDS = frozenset({"breakdown", "slowest"})


@dataclass(frozen=True)
class Session:
    """One session; its sample and cards follow from these fields. seed None: the numbers as written."""

    scenario: Scenario
    seed: int | None = None
    level: Level = "senior"
    mode: Mode = "exam"
    minutes: float = 20

    @cached_property
    def sample(self) -> Sample:
        return draw(self.scenario, self.seed)

    @cached_property
    def cards(self) -> Mapping[str, Card]:
        return decks.cards(self.sample)

    def filled(self, template: str) -> str:
        """Return a text of the scenario with this session's numbers."""
        return decks.filled(template, self.sample)

    def transcript(self, events: Sequence[Event]) -> Transcript:
        """Return the events as a transcript, numbered as in its file, where the header is line 1."""
        header = Header(scenario=self.scenario.id, level=self.level, mode=self.mode, seed=self.seed)
        lines = (event.model_copy(update={"line": n}) for n, event in enumerate(events, start=2))
        return Transcript(header, tuple(lines))

    @cached_property
    def case(self) -> CaseFile:
        """Return the facts that the scorer needs."""
        cause = self.scenario.cause
        return CaseFile(
            scenario_id=self.scenario.id,
            card_numbers={
                name: tuple((figure.value, figure.unit) for figure in card.figures)
                for name, card in self.cards.items()
            },
            revealing_cards=frozenset(cause.cards),
            cause_terms=cause.named,
            cause_id=cause.name,
            breakdown_cards=BREAKDOWN_CARDS,
            remedies=dict(self.scenario.remedies),
            names=remedy_names(),
            say=said_here(self.scenario, self.filled),
        )


def find_case(header: Header) -> CaseFile | None:
    """Return the case of a transcript's header, or None if its scenario is not installed."""
    if header.scenario.upper() not in scenarios():
        return None
    return Session(scenario(header.scenario), header.seed).case

"""The facts about a scenario that the scorer needs: which card shows which numbers, and what the cause is.

The scorer does not import scenarios. A session provides a `CaseFile`; with it, the scorer compares the
numbers that a candidate quotes with the opened cards, and scores "systematic" from the candidate's actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from harness.interview.scenario.transcript import Header

Number = tuple[float, str]  # value and unit: (2300.0, "ms"), (92.0, "%"), (12000.0, "tokens")
Fit = Literal["fixes", "helps", "neutral", "harmful"]


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One scenario as it was played, with the numbers of its session.

    card_numbers: every number on each card, by card id; the keys are all existing cards.
    revealing_cards: the cards that show the dominant cause (one must be opened before the cause is named).
    breakdown_cards: the cards that show the time per stage.
    cause_terms: regular expressions (case ignored), any of which names the true cause in a sentence.
    remedies: how an expectation's remedy fits this cause ("STK-ANN": "fixes"); a missing one is neutral.
    names: what each of these remedies is called. say: what a strong candidate says here, by idea.
    """

    scenario_id: str
    card_numbers: Mapping[str, tuple[Number, ...]]
    revealing_cards: frozenset[str]
    cause_terms: tuple[str, ...]
    cause_id: str = ""
    breakdown_cards: frozenset[str] = frozenset({"breakdown"})
    remedies: Mapping[str, Fit] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    say: Mapping[str, str] = field(default_factory=dict)

    def fitting(self, *fits: Fit) -> frozenset[str]:
        """Return the remedies that fit the cause in one of these ways."""
        return frozenset(name for name, fit in self.remedies.items() if fit in fits)


FindCase = Callable[["Header"], CaseFile | None]  # None: the scenario is not installed

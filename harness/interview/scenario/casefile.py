"""What the scorer has to know of a scenario: which card shows which numbers, and what the cause is.

The scorer knows no scenario. Whoever plays one fills a `CaseFile`; with it, numbers that a candidate quotes
are held against the cards that were opened, and Systematic is scored from what was done.
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
    """One scenario as it was played, ±10 % of the session included.

    card_numbers: every number on each card, by card id; the keys are all the cards there are.
    revealing_cards: those that show the dominant cause (at least one has to be opened before it is named).
    breakdown_cards: those that show the time per stage.
    cause_terms: regular expressions (case ignored), any one of which names the true cause in a sentence.
    remedies: how an expectation's remedy fits this cause ("STK-ANN": "fixes"); what is missing is neutral.
    """

    scenario_id: str
    card_numbers: Mapping[str, tuple[Number, ...]]
    revealing_cards: frozenset[str]
    cause_terms: tuple[str, ...]
    cause_id: str = ""
    breakdown_cards: frozenset[str] = frozenset({"breakdown"})
    remedies: Mapping[str, Fit] = field(default_factory=dict)


FindCase = Callable[["Header"], CaseFile | None]  # None: no scenario of this name is installed

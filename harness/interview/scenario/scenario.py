"""A scenario: a service whose latency has a hidden cause, written down as the mechanism that makes it.

A stage's time is a sum of terms; a term is a product of quantities ("150 tokens × 15 ms a token"), perhaps
in some requests only ("those after an idle time"). Everything else is computed from a sample of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from harness.interview.content_files import (
    CONTENT,
    BadContentError,
    Pattern,
    Strict,
    Text,
    read,
)

STAGES = ("network", "preprocess", "retrieval", "queue", "prefill", "decode", "postprocess")
BEFORE_FIRST_TOKEN = STAGES[:5]
SPREAD = 0.12  # of a stage whose time is just given: sigma of its logarithm
NOT = "not "
EVERY = "all"  # the group of all requests
PROFILES = {  # traffic by hour of the day, relative to the busiest
    "steady": (1.0,) * 24,
    "office": (0.25,) * 8 + (0.5,) + (1.0,) * 9 + (0.25,) * 6,
    "evening": (0.4,) * 2 + (0.1,) * 6 + (0.4,) * 8 + (0.7,) * 4 + (1.0,) * 4,
}

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Condition = Annotated[str, Field(pattern=r"^(not )?[a-z][a-z0-9_]*$")]
Effect = Literal["fixes", "helps", "neutral", "harmful"]


class Quantity(Strict):
    """What a mechanism is made of. spread: sigma of its logarithm from request to request.

    vary: another value (±10 %) in each session. whole: a count.
    """

    value: float = Field(ge=0)
    unit: str = ""
    spread: float = Field(0.0, ge=0, le=1)
    vary: bool = False
    whole: bool = False


class Term(Strict):
    """Product of `of`, divided by `over`, times `scale`; zero where `when` does not hold."""

    of: tuple[Name, ...] = Field(min_length=1)
    over: tuple[Name, ...] = ()
    scale: float = 1.0
    when: Condition | None = None


class Waiting(Strict):
    """Waiting for one server, M/M/1: `behind` are the stages of its service time.

    utilisation: the quantity that says how busy it is in the busiest hour.
    """

    behind: tuple[str, ...] = Field(min_length=1)
    utilisation: Name


class Regime(Strict):
    """Which requests a condition holds for: a share of them, hours of the day, or seconds of a period.

    parts, chance: at least one of `parts` is slow, each by `chance`.
    """

    share: float | None = Field(None, gt=0, lt=1)
    hours: tuple[float, float] | None = None
    seconds: tuple[float, float] | None = None  # of each minute
    parts: int | None = Field(None, ge=1)
    chance: float | None = Field(None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_kind(self) -> Regime:
        kinds = (self.share, self.hours, self.seconds, self.parts and self.chance)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give one of: share, hours, seconds, parts with chance")
        return self


class Derived(Strict):
    """A number that follows from quantities: memory of the vectors, say."""

    of: tuple[Name, ...] = Field(min_length=1)
    over: tuple[Name, ...] = ()
    scale: float = 1.0
    unit: str = ""


class Given(Strict):
    """A number that stands for itself."""

    value: float
    unit: str = ""


Fact = Derived | Given | str


class CardWords(Strict):
    """One card of this scenario that differs from the standard one; its words are templates."""

    note: Text
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Cause(Strict):
    """What the candidate must find. cards: any of them shows it.

    terms: words that would give it away; the interviewer says none of them before the debrief.
    named: regular expressions; one of them occurs where a candidate names the cause.
    """

    name: Text
    stage: str
    cards: tuple[Name, ...] = Field(min_length=1)
    question: Text
    equation: Text
    explanation: Text
    terms: tuple[Text, ...] = Field(min_length=2)
    named: tuple[Pattern, ...] = Field(min_length=1)


class Fix(Strict):
    """What a good answer does. after: mean of the stages it changes, in ms, in the requests felt slow."""

    text: Text
    after: dict[str, float] = Field(min_length=1)
    leaves: Text


class Product(Strict):
    """The product manager. premise: the false belief; pushback: what is said to the candidate's plan."""

    premise: Text
    truth: Text
    cards: tuple[Name, ...] = Field(min_length=1)  # that refute it
    pushback: Text


class Deploy(Strict):
    """A change that looks guilty and is innocent: requests before and after it are equally slow."""

    note: Text
    truth: Text


class Scenario(Strict):
    """One service and its hidden cause. name and setting are told to the candidate; nothing else is."""

    id: str = Field(pattern=r"^S\d\d+$")
    name: Text
    setting: Text
    felt: Condition = EVERY  # the requests that users complain about
    traffic: tuple[float, ...] = Field(min_length=24, max_length=24)  # relative, by hour
    quantities: dict[Name, Quantity]
    regimes: dict[Name, Regime] = Field(default_factory=dict)
    stages: dict[str, tuple[Term | Waiting, ...]]
    facts: dict[Name, Fact] = Field(default_factory=dict)
    cards: dict[Name, CardWords] = Field(default_factory=dict)
    cause: Cause
    fix: Fix
    product: Product
    deploy: Deploy
    remedies: dict[str, Effect]
    hints: tuple[Text, ...] = Field(min_length=3)
    twist: Text

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, given: Any) -> Any:
        """A stage may be just its milliseconds, and a list of one term the term; a card just its note."""
        if not isinstance(given, dict):
            return given
        given = given | {"quantities": dict(given.get("quantities") or {})}
        stages = given.get("stages") or {}
        given["stages"] = {name: _terms(name, stages.get(name), given) for name in stages}
        traffic = given.get("traffic", "steady")
        given["traffic"] = PROFILES.get(traffic) if isinstance(traffic, str) else traffic
        cards = given.get("cards") or {}
        given["cards"] = {k: {"note": v} if isinstance(v, str) else v for k, v in cards.items()}
        return given

    @model_validator(mode="after")
    def _names_exist(self) -> Scenario:
        if set(self.stages) != set(STAGES):
            raise ValueError(f"stages: give exactly {', '.join(STAGES)}")
        for stage, terms in self.stages.items():
            for term in terms:
                self._check_term(stage, term)
        conditions = {EVERY, *self.regimes}
        if self.felt.removeprefix(NOT) not in conditions:
            raise ValueError(f"felt: there is no regime '{self.felt}'")
        if unknown := {self.cause.stage, *self.fix.after} - set(STAGES):
            raise ValueError(f"there is no stage {sorted(unknown)}")
        return self

    def _check_term(self, stage: str, term: Term | Waiting) -> None:
        waiting = isinstance(term, Waiting)
        names = (term.utilisation,) if waiting else (*term.of, *term.over)
        if unknown := set(names) - set(self.quantities):
            raise ValueError(f"stages.{stage}: there is no quantity {sorted(unknown)}")
        if waiting:
            if unknown := set(term.behind) - set(STAGES):
                raise ValueError(f"stages.{stage}: there is no stage {sorted(unknown)}")
            return
        if term.when and term.when.removeprefix(NOT) not in self.regimes:
            raise ValueError(f"stages.{stage}: there is no regime '{term.when}'")
        if sum(self.quantities[name].vary for name in names) > 1:
            # Two that vary would make it 20 %, and another service.
            raise ValueError(f"stages.{stage}: only one quantity of a term may vary")


def _terms(stage: str, given: Any, scenario: dict[str, Any]) -> Any:
    """`given` as a list of terms; plain milliseconds become a quantity of that name that varies."""
    if isinstance(given, int | float):
        name = f"{stage}_ms"
        plain = Quantity(value=given, unit="ms", spread=SPREAD, vary=True)
        scenario["quantities"].setdefault(name, plain)
        return ({"of": (name,)},)
    return (given,) if isinstance(given, dict) else given


@cache
def scenarios(folder: Path = CONTENT / "scenarios") -> dict[str, Scenario]:
    """All scenarios of `folder` by id. Raises BadContentError for a broken one, or a twin."""
    found: dict[str, Scenario] = {}
    for path in sorted(folder.glob("*.yaml")):
        scenario = read(path, Scenario)
        if scenario.id in found:
            raise BadContentError(f"{path.name}: {scenario.id} exists twice; give it another id.")
        found[scenario.id] = scenario
    if not found:
        raise BadContentError(f"There are no scenarios in {folder}: it needs one *.yaml at least.")
    return found


def scenario(name: str) -> Scenario:
    """The scenario with this id. Raises BadContentError when there is none."""
    if found := scenarios().get(name.upper()):
        return found
    raise BadContentError(f"There is no scenario '{name}'; there are {', '.join(scenarios())}.")

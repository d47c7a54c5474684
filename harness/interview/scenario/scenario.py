"""A scenario: a service whose latency has a hidden cause, described by the mechanism behind it.

A stage's time is a sum of terms. A term is a product of quantities ("150 tokens × 15 ms a token"), and may
apply to some requests only ("those after an idle time"). Everything else is computed from a sample.
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
SPREAD = 0.12  # sigma of the logarithm, for a stage that is given as plain milliseconds
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
    """A factor of a mechanism, such as tokens or ms a token.

    spread: sigma of its logarithm between requests. vary: True if it differs (±10 %) between sessions.
    whole: True for a count.
    """

    value: float = Field(ge=0)
    unit: str = ""
    spread: float = Field(0.0, ge=0, le=1)
    vary: bool = False
    whole: bool = False


class Term(Strict):
    """The product of `of`, divided by those of `over`, times `scale`; zero unless `when` holds."""

    of: tuple[Name, ...] = Field(min_length=1)
    over: tuple[Name, ...] = ()
    scale: float = 1.0
    when: Condition | None = None


class Waiting(Strict):
    """Waiting for a single server, as in an M/M/1 queue.

    behind: the stages that make up the service time. utilisation: the quantity with the server's utilisation
    in the busiest hour, in percent.
    """

    behind: tuple[str, ...] = Field(min_length=1)
    utilisation: Name


class Regime(Strict):
    """The requests for which a condition holds: a share, hours of the day, or seconds of each minute.

    parts, chance: requests with at least one slow part out of `parts`, each slow with probability `chance`.
    """

    share: float | None = Field(None, gt=0, lt=1)
    hours: tuple[float, float] | None = None
    seconds: tuple[float, float] | None = None
    parts: int | None = Field(None, ge=1)
    chance: float | None = Field(None, gt=0, lt=1)

    @model_validator(mode="after")
    def _one_kind(self) -> Regime:
        kinds = (self.share, self.hours, self.seconds, self.parts and self.chance)
        if sum(kind is not None for kind in kinds) != 1:
            raise ValueError("give one of: share, hours, seconds, parts with chance")
        return self


class Derived(Strict):
    """A number that follows from quantities, such as the memory of the vectors."""

    of: tuple[Name, ...] = Field(min_length=1)
    over: tuple[Name, ...] = ()
    scale: float = 1.0
    unit: str = ""


class Given(Strict):
    """A plain number with a unit."""

    value: float
    unit: str = ""


Fact = Derived | Given | str


class CardWords(Strict):
    """A scenario's own templates for a card, in place of the standard note and table."""

    note: Text
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Cause(Strict):
    """The cause that the candidate must find. cards: each of them shows it.

    terms: words that would give it away; the interviewer does not use them before the debrief.
    named: regular expressions; a candidate names the cause if one of them matches.
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
    """The fix. after: mean ms of each changed stage after the fix, in the requests that users find slow.

    leaves: what remains to be done, for the debrief.
    """

    text: Text
    after: dict[str, float] = Field(min_length=1)
    leaves: Text


class Product(Strict):
    """The product manager. premise: a false belief; pushback: the objection to the candidate's plan."""

    premise: Text
    truth: Text
    cards: tuple[Name, ...] = Field(min_length=1)  # refute the premise
    pushback: Text


class Deploy(Strict):
    """A suspicious but innocent deploy: requests before and after it are equally slow."""

    note: Text
    truth: Text


class Scenario(Strict):
    """A service and its hidden cause. At the start, the candidate learns only its name, setting and
    premise.

    cards: the cards that differ from the standard ones. remedies: by technique, its effect on this service.
    twist: a complication that the interviewer brings up during the proposals.
    """

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
        """Expand short forms: a stage may be plain milliseconds or a single term, a card only its note."""
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
            raise ValueError(f"there is no stage {_quoted(unknown)}")
        return self

    def _check_term(self, stage: str, term: Term | Waiting) -> None:
        waiting = isinstance(term, Waiting)
        names = (term.utilisation,) if waiting else (*term.of, *term.over)
        if unknown := set(names) - set(self.quantities):
            raise ValueError(f"stages.{stage}: there is no quantity {_quoted(unknown)}")
        if waiting:
            if unknown := set(term.behind) - set(STAGES):
                raise ValueError(f"stages.{stage}: there is no stage {_quoted(unknown)}")
            return
        if term.when and term.when.removeprefix(NOT) not in self.regimes:
            raise ValueError(f"stages.{stage}: there is no regime '{term.when}'")
        if sum(self.quantities[name].vary for name in names) > 1:
            # Two that vary by ±10 % each would make the term vary by ±20 %: another service.
            raise ValueError(f"stages.{stage}: only one quantity of a term may vary")


def _quoted(names: set[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _terms(stage: str, given: Any, scenario: dict[str, Any]) -> Any:
    """Return `given` as a sequence of terms.

    For plain milliseconds, adds the quantity `<stage>_ms` to the scenario, and returns it as the only term.
    """
    if isinstance(given, int | float):
        name = f"{stage}_ms"
        plain = Quantity(value=given, unit="ms", spread=SPREAD, vary=True)
        scenario["quantities"].setdefault(name, plain)
        return ({"of": (name,)},)
    return (given,) if isinstance(given, dict) else given


@cache
def scenarios(folder: Path = CONTENT / "scenarios") -> dict[str, Scenario]:
    """Return all scenarios of `folder` by id.

    Raises BadContentError if a file is broken, an id occurs twice, or the folder has no scenario.
    """
    by_id: dict[str, Scenario] = {}
    for path in sorted(folder.glob("*.yaml")):
        scenario = read(path, Scenario)
        if scenario.id in by_id:
            raise BadContentError(f"{path.name}: {scenario.id} exists twice; give it another id.")
        by_id[scenario.id] = scenario
    if not by_id:
        raise BadContentError(f"There are no scenarios in {folder}: add at least one *.yaml file.")
    return by_id


def scenario(name: str) -> Scenario:
    """Return the scenario with this id, in any case. Raises BadContentError if there is none."""
    if match := scenarios().get(name.upper()):
        return match
    raise BadContentError(f"There is no scenario '{name}'; there are {', '.join(scenarios())}.")

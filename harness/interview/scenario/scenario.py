"""A scenario: a service whose latency has a hidden cause, described by the mechanism behind it.

A stage's time is a sum of terms. A term is a product of quantities ("150 tokens × 15 ms a token"), and may
apply to some requests only ("those after an idle time"). Everything else is computed from a sample.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from harness.interview.content_files import (
    CONTENT,
    BadContentError,
    Pattern,
    Strict,
    Text,
    read,
)
from harness.interview.scenario.mechanism import (
    EVERY,
    NOT,
    Buildup,
    Condition,
    Derived,
    Fact,
    Name,
    Quantity,
    Regime,
    Term,
    Waiting,
)

STAGES = ("network", "preprocess", "retrieval", "queue", "prefill", "decode", "postprocess")
BEFORE_FIRST_TOKEN = STAGES[:5]
LABELS = {  # of the stages on cards, unless the scenario has others
    **{stage: stage for stage in STAGES},
    "preprocess": "preprocessing and embedding",
    "retrieval": "vector search",
    "queue": "waiting for the model",
    "postprocess": "post-processing",
}
SPREAD = 0.12  # sigma of the logarithm, for a stage that is given as plain milliseconds
PROFILES = {  # traffic by hour of the day, relative to the busiest
    "steady": (1.0,) * 24,
    "office": (0.25,) * 8 + (0.5,) + (1.0,) * 9 + (0.25,) * 6,
    "evening": (0.4,) * 2 + (0.1,) * 6 + (0.4,) * 8 + (0.7,) * 4 + (1.0,) * 4,
}

SERVICE: dict[
    str, dict[str, Any]
] = {  # quantities of every service, unless the scenario has others
    "goal_ms": {"value": 500, "unit": "ms"},
    "goal_share": {"value": 90, "unit": "%"},  # of the requests; the others may take longer
    "requests_a_day": {"value": 24000, "unit": "requests a day", "vary": True, "whole": True},
    "copies": {"value": 2},  # of the model
    "slots": {
        "value": 16
    },  # requests that a copy works on at once, without slowing one another down
    "gpus": {"value": 1},  # of one copy
    "gpu_gb": {"value": 80, "unit": "GB"},
    "gpu_hour": {"value": 3.5, "unit": "$ an hour"},
    "weights_gb": {"value": 8, "unit": "GB"},
    "cache_kb": {"value": 130, "unit": "kB"},  # of keys and values for each token
    "other_cost": {"value": 0, "unit": "$ a month"},  # of the machines without a GPU
    "timeout_s": {"value": 30, "unit": "s"},
}
Effect = Literal["fixes", "helps", "neutral", "harmful"]


class CardWords(Strict):
    """A scenario's own templates for a card, in place of the standard note and table, and its own title."""

    note: Text
    title: Text | None = None
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

    A name in `after` is that of a fact or a quantity. leaves: what remains to be done, for the debrief.
    """

    text: Text
    after: dict[str, float | Name] = Field(min_length=1)
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

    in_work: how many requests the model works on at once in the busiest hour; without it and without a wait,
    the requests of a day are a quantity. labels: other names of stages on the cards.
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
    stages: dict[str, tuple[Term | Waiting | Buildup, ...]]
    in_work: Derived | None = None
    labels: dict[str, Text] = Field(default_factory=dict)
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
        given = given | {"quantities": _quantities(given.get("quantities") or {})}
        stages = given.get("stages") or {}
        given["stages"] = {name: _terms(name, stages.get(name), given) for name in stages}
        traffic = given.get("traffic", "steady")
        given["traffic"] = PROFILES.get(traffic) if isinstance(traffic, str) else traffic
        cards = given.get("cards") or {}
        given["cards"] = {k: {"note": v} if isinstance(v, str) else v for k, v in cards.items()}
        return given

    @property
    def waits(self) -> tuple[Waiting | Buildup, ...]:
        """Return the waits for the model that depend on how much arrives."""
        terms = (term for stage in self.stages.values() for term in stage)
        return tuple(term for term in terms if not isinstance(term, Term))

    @model_validator(mode="after")
    def _names_exist(self) -> Scenario:
        if set(self.stages) != set(STAGES):
            raise ValueError(f"stages: give exactly {', '.join(STAGES)}")
        if len(self.waits) + (self.in_work is not None) > 1:
            raise ValueError("give one of: a wait for the model, in_work")
        for stage, terms in self.stages.items():
            for term in terms:
                self._check_term(stage, term)
        self._check_condition("felt", self.felt)
        if unknown := {self.cause.stage, *self.fix.after, *self.labels} - set(STAGES):
            raise ValueError(f"there is no stage {_quoted(unknown)}")
        return self

    def _check_term(self, stage: str, term: Term | Waiting | Buildup) -> None:
        names = _factors(term)
        if unknown := set(names) - set(self.quantities):
            raise ValueError(f"stages.{stage}: there is no quantity {_quoted(unknown)}")
        if condition := getattr(term, "when", None):
            self._check_condition(f"stages.{stage}", condition)
        if sum(self.quantities[name].vary for name in names) > 1:
            # Two that vary by ±10 % each would make the term vary by ±20 %: another service.
            raise ValueError(f"stages.{stage}: only one quantity of a term may vary")

    def _check_condition(self, place: str, condition: str) -> None:
        if condition.removeprefix(NOT) not in {EVERY, *self.regimes}:
            raise ValueError(f"{place}: there is no regime '{condition}'")


def _factors(term: Term | Waiting | Buildup) -> tuple[str, ...]:
    if isinstance(term, Term):
        return (*term.of, *term.over)
    if isinstance(term, Buildup):
        return (term.overload,)
    return (term.utilisation, *((term.retries.after,) if term.retries else ()))


def _quantities(own: dict[str, Any]) -> dict[str, Any]:
    """Return the scenario's quantities with those of every service; a plain number changes only the value."""
    full = {name: q if isinstance(q, dict) else {"value": q} for name, q in own.items()}
    return full | {name: standard | full.get(name, {}) for name, standard in SERVICE.items()}


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

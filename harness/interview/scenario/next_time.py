"""What a strong candidate says to show an idea: about the free question, or about a case with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict

from harness.interview.content_files import CONTENT, BadContentError, Strict, Text, read
from harness.interview.scenario.scenario import LABELS, Scenario

SHARE = "{{felt.mean.{stage}}} of {{felt.mean.total}} go into {name}."
LEAVE = "I leave {remedy} alone; it would not touch what is slow."


class Sentence(Strict):
    """What is said about the free question, and about a case, if that is something else."""

    free: Text
    here: Text | None = None


class _Named(BaseModel):
    """The part of a remedy that is needed here: its name, and the stage that it shortens."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    says: Text
    touches: str | None = None


class _Remedies(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    remedies: dict[str, _Named]


@cache
def sentences() -> Mapping[str, Sentence]:
    """Return the sentences by id of the idea."""
    return read(CONTENT / "next_time.yaml", dict[str, Sentence])


def said_freely() -> Mapping[str, str]:
    """Return what is said about the free question, by id."""
    return {name: sentence.free for name, sentence in sentences().items()}


def said_here(scenario: Scenario, filled: Callable[[str], str]) -> Mapping[str, str]:
    """Return what is said about a case, by id; the general sentence if the case has no such number."""
    own = _own_texts(scenario)
    return MappingProxyType(
        {name: _said(sentence, own, filled) for name, sentence in sentences().items()}
    )


@cache
def remedy_names() -> Mapping[str, str]:
    """Return what each remedy is called, by id."""
    return {name: remedy.says for name, remedy in _remedies().items()}


@cache
def _remedies() -> Mapping[str, _Named]:
    return read(CONTENT / "remedies.yaml", _Remedies).remedies


def _said(sentence: Sentence, own: Mapping[str, str], filled: Callable[[str], str]) -> str:
    template = sentence.here or sentence.free
    for name, text in own.items():
        template = template.replace(name, text)
    try:
        return " ".join(filled(template).split())
    except BadContentError:
        return sentence.free


def _own_texts(scenario: Scenario) -> Mapping[str, str]:
    cause = scenario.cause
    return {
        "<fix>": scenario.fix.text,
        "<question>": cause.question,
        "<suspect>": cause.name,
        "<share>": _share(scenario, cause.stage),
        "<leave>": _leave(scenario),
    }


def _share(scenario: Scenario, stage: str) -> str:
    return SHARE.format(stage=stage, name=scenario.labels.get(stage, LABELS[stage]))


def _leave(scenario: Scenario) -> str:
    """Return the refusal of a remedy that does nothing here, with the time that it would touch."""
    idle = [name for name, fit in scenario.remedies.items() if fit in ("neutral", "harmful")]
    known = [name for name in idle if name in _remedies()]
    touching = [n for n in known if _remedies()[n].touches not in (None, scenario.cause.stage)]
    if not known:
        return "The rest I leave as it is; it is not what is slow."
    name = (touching or known)[0]
    refusal = LEAVE.format(remedy=_remedies()[name].says)
    stage = _remedies()[name].touches if touching else None
    return f"{refusal} Only {_share(scenario, stage)}" if stage else refusal

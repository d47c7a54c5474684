"""The kinds of articles (warranty period, reset, ...) and their wordings, from content/*.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from harness.errors import PlainError
from harness.kb.products import CATEGORIES, REGIONS
from harness.kb.rules import broken_rules

CONTENT = Path(__file__).parent / "content"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class BadKindError(PlainError):
    """Raised if a kind breaks a content rule; the message names file, kind and rule."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Values(_Strict):
    """A list of a fact's possible values."""

    values: tuple[Text, ...]


class Steps(_Strict):
    """A range of a fact's possible values, numbers from `low` to `high` with a unit, such as "35 days"."""

    low: float
    high: float
    step: float = Field(gt=0)
    unit: Text

    @cached_property
    def values(self) -> tuple[str, ...]:
        # 1e-9, because a step such as 0.1 is not exact in floating point.
        count = int((self.high - self.low) / self.step + 1e-9) + 1
        return tuple(f"{self.low + i * self.step:g} {self.unit}" for i in range(count))


class Questions(_Strict):
    """The wordings of questions per split, so that no wording is used for both tuning and testing."""

    train: tuple[Text, ...] = Field(min_length=8)
    dev: tuple[Text, ...] = Field(min_length=6)
    test: tuple[Text, ...] = Field(min_length=6)


class Kind(_Strict):
    """A kind of article. Questions ask for the first of `facts`."""

    kind: str = Field(pattern=r"^[a-z0-9-]+$")
    title: Text
    categories: tuple[str, ...] = Field(min_length=1)
    regional: bool = False
    facts: dict[str, Values | Steps] = Field(min_length=1, max_length=2)
    articles: tuple[Text, ...] = Field(min_length=5)
    answers: tuple[Text, ...] = Field(min_length=3, max_length=3)
    questions: Questions

    @field_validator("categories", mode="before")
    @classmethod
    def _all_categories(cls, given: Any) -> Any:
        return tuple(CATEGORIES) if given == "all" else given

    @model_validator(mode="after")
    def _rules(self) -> Kind:
        for broken in broken_rules(self):
            raise ValueError(broken)
        return self

    @property
    def asked(self) -> str:
        """Return the name of the fact that questions ask for."""
        return next(iter(self.facts))

    @property
    def regions(self) -> tuple[str, ...]:
        """Return the regions that have an article of their own, or only "all"."""
        return tuple(REGIONS) if self.regional else ("all",)

    @property
    def named(self) -> tuple[str, ...]:
        """Return the placeholders that every question and answer must contain."""
        return ("product", "region") if self.regional else ("product",)


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds of the shipped content, in the order of files and lines. Raises as `load` does."""
    return load(CONTENT)


def load(folder: Path) -> tuple[Kind, ...]:
    """Return all kinds in `folder`.

    Raises BadKindError for invalid YAML, a broken rule, a duplicate kind, or a folder without kinds.
    """
    by_name: dict[str, Kind] = {}
    for file in sorted(folder.glob("*.yaml")):
        for kind in _read(file):
            if kind.kind in by_name:
                raise BadKindError(f"{file.name}: the kind '{kind.kind}' exists twice; rename one.")
            by_name[kind.kind] = kind
    if not by_name:
        raise BadKindError(f"There are no kinds in {folder}: it needs at least one *.yaml file.")
    return tuple(by_name.values())


def _read(file: Path) -> Iterator[Kind]:
    try:
        entries = yaml.safe_load(file.read_text(encoding="utf-8")) or []
    except yaml.YAMLError as error:
        raise BadKindError(
            f"{file.name} is not valid YAML: {' '.join(str(error).split())}."
        ) from error
    for number, entry in enumerate(entries, start=1):
        try:
            yield Kind.model_validate(entry)
        except ValidationError as error:
            fields = entry if isinstance(entry, dict) else {}
            name = fields.get("kind", f"number {number}")
            raise BadKindError(f"{file.name}, kind '{name}': {_first_error(error)}.") from error


def _first_error(error: ValidationError) -> str:
    """Return the first validation error as text."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    reason = str(first.get("ctx", {}).get("error", first["msg"])).rstrip(".")
    return f"{place}: {reason}" if place else reason

"""Content of the interview: YAML files, read safely and checked against a schema.

Raises BadContentError, one sentence that names the file, the place in it and the rule.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, TypeVar

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from harness.errors import PlainError

CONTENT = Path(__file__).parent / "content"


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression ({error})") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
T = TypeVar("T")


class BadContentError(PlainError):
    """A content file is broken; the message names file, place and rule."""


class Strict(BaseModel):
    """A part of a content file: what is not known is refused, what is read does not change."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read(path: Path, schema: type[T] | Any) -> T:
    """The file at `path` as `schema`: a pydantic model or any type made of them."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return TypeAdapter(schema).validate_python(entries)
    except (OSError, UnicodeDecodeError) as error:
        raise BadContentError(f"{path.name} cannot be read: {_line(error)}.") from error
    except yaml.YAMLError as error:
        raise BadContentError(f"{path.name} is not valid YAML: {_line(error)}.") from error
    except ValidationError as error:
        raise BadContentError(f"{path.name}: {_first(error)}.") from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _first(error: ValidationError) -> str:
    """The first broken rule in words."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    reason = str(first.get("ctx", {}).get("error", first["msg"])).rstrip(".")
    return f"{place}: {reason}" if place else reason

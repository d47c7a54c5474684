"""The interview's content files: YAML, loaded safely and validated against a pydantic schema."""

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
# libyaml's loader, where it is installed, reads the same files eight times as fast.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is not a valid regular expression ({error})") from error
    return text


Pattern = Annotated[str, AfterValidator(_pattern)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
T = TypeVar("T")


class BadContentError(PlainError):
    """A broken content file. The message names the file, the place in it and the violated rule."""


class Strict(BaseModel):
    """A part of a content file: immutable, and unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read(path: Path, schema: type[T] | Any) -> T:
    """Load the file at `path` as `schema`, a pydantic model or a type made of models.

    Raises BadContentError if the file cannot be read, is not YAML, or does not fit the schema.
    """
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
        return TypeAdapter(schema).validate_python(entries)
    except (OSError, UnicodeDecodeError) as error:
        raise BadContentError(f"{path.name} cannot be read: {_one_line(error)}.") from error
    except yaml.YAMLError as error:
        raise BadContentError(f"{path.name} is not valid YAML: {_one_line(error)}.") from error
    except ValidationError as error:
        raise BadContentError(f"{path.name}: {_first_violation(error)}.") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _first_violation(error: ValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    reason = str(first.get("ctx", {}).get("error", first["msg"])).rstrip(".")
    return f"{place}: {reason}" if place else reason

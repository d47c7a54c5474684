"""Replies of OpenAI-compatible servers, read tolerantly: whole, in chunks, and the list of models."""

from __future__ import annotations

import json
from textwrap import shorten
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from harness.assistant import Answer
from harness.chat.chat_messages import Usage

QUOTED = 120  # characters of a server's message that a sentence quotes


class _Text(BaseModel):
    """A message or a delta; citations and flags are this project's additions.

    content: a text, parts with one, or nothing. Its type is open, because half of a character (a surrogate)
    is no text to pydantic, and some servers split characters between two chunks.
    """

    content: Any = None
    citations: JsonValue = None
    flags: JsonValue = None

    @property
    def text(self) -> str:
        """Return the text; parts of another type, such as what a model has thought, are none."""
        parts = self.content if isinstance(self.content, list) else [self.content]
        texts = [part.get("text") if isinstance(part, dict) else part for part in parts]
        return "".join(text for text in texts if isinstance(text, str))


class _Piece(BaseModel):
    delta: _Text = Field(default_factory=_Text)
    finish_reason: str | None = None


def _usable(counted: object, read: ValidatorFunctionWrapHandler) -> Usage | None:
    """Return the number of tokens, or None if it cannot be read: the answer is good without it."""
    try:
        return read(counted)
    except ValidationError:
        return None


Counted = Annotated[Usage | None, WrapValidator(_usable)]


class Chunk(BaseModel):
    """One event of a stream."""

    choices: Annotated[list[_Piece], BeforeValidator(lambda found: found or [])] = []
    usage: Counted = None
    error: JsonValue = None

    @classmethod
    def read(cls, data: str) -> Chunk:
        """Return the chunk. Raises ValueError, as pydantic's and json's errors are."""
        return cls.model_validate(json.loads(data or "{}"))

    @property
    def text(self) -> str:
        """Return the text of the first choice."""
        return self.choices[0].delta.text if self.choices else ""

    @property
    def ended(self) -> bool:
        """Return whether the answer ends with this chunk."""
        return bool(self.choices and self.choices[0].finish_reason)

    def extras(self) -> Answer | None:
        """Return citations and flags, if there are any."""
        found = _answer("", self.choices[0].delta) if self.choices else Answer("")
        return found if found.citations or found.flags else None


class _Message(BaseModel):
    message: _Text


class Whole(BaseModel):
    """A reply in one piece, or an error that came with a good status."""

    choices: list[_Message] = []
    usage: Counted = None
    error: JsonValue = None

    @model_validator(mode="after")
    def _holds_something(self) -> Whole:
        if not self.choices and self.error is None:
            raise ValueError("there is no choice in it")
        return self

    def answer(self) -> Answer:
        """Return text, citations and flags."""
        message = self.choices[0].message
        return _answer(message.text, message)


class _Model(BaseModel):
    id: str


class Models(BaseModel):
    """The list of models."""

    data: list[_Model]

    def names(self) -> list[str]:
        """Return the models' names."""
        return [printable(model.id) for model in self.data]


def reason(error: JsonValue) -> str:
    """Return the message in an error of any form, shortened to one line."""
    if isinstance(error, dict):
        return reason(error.get("message") or error.get("error") or error.get("detail") or "")
    return shorten(printable(str(error or "no reason given")), QUOTED, placeholder=" …")


def printable(text: str) -> str:
    """Return the text without control characters, which a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text)


def _answer(text: str, about: _Text) -> Answer:
    return Answer(text, _strings(about.citations), _strings(about.flags))


def _strings(values: JsonValue) -> tuple[str, ...]:
    found = values if isinstance(values, list) else []
    return tuple(value for value in found if isinstance(value, str))

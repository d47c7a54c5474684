"""Messages of OpenAI's chat protocol: requests read into questions, and answers and errors written."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal
from uuid import uuid4

from pydantic import AfterValidator, BaseModel, BeforeValidator, ValidationError

from harness.assistant import Answer, Question
from harness.errors import PlainError
from harness.serve.messages import MAX_HISTORY_TURNS

BAD_REQUEST, UNAUTHORIZED, NOT_FOUND, TOO_LARGE, NO_JSON, FAILED = 400, 401, 404, 413, 415, 500


class ChatRefusedError(PlainError):
    """Raised for a request without an answer. status: of HTTP. param: the field at fault. code: OpenAI's."""

    def __init__(
        self, status: int, message: str, param: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.param, self.code = status, param, code

    def body(self) -> dict[str, object]:
        """Return the error as OpenAI writes it."""
        kind = "server_error" if self.status >= FAILED else "invalid_request_error"
        about = {"type": kind, "param": self.param, "code": self.code}
        return {"error": {"message": str(self)} | about}


def _text(content: object) -> object:
    """Return the text of a message that is a string, absent, or a list of text parts."""
    if not isinstance(content, list):
        return "" if content is None else content
    texts = [part.get("text") for part in content if isinstance(part, dict)]
    if len(texts) < len(content) or not all(isinstance(text, str) for text in texts):
        raise ValueError("this assistant reads only parts of the type text")
    return "\n".join(texts)


class _Message(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, BeforeValidator(_text)] = ""


def _turns(messages: list[_Message]) -> list[_Message]:
    """Return the turns of user and assistant; the assistant has instructions of its own."""
    turns = [message for message in messages if message.role in ("user", "assistant")]
    if not turns or turns[-1].role != "user":
        raise ValueError("the last message must be the user's")
    return turns


class _StreamOptions(BaseModel):
    include_usage: bool | None = False


class ChatBody(BaseModel):
    """A request for an answer; fields that this assistant has no use for are ignored."""

    model: str
    messages: Annotated[list[_Message], AfterValidator(_turns)]
    stream: bool | None = False
    stream_options: _StreamOptions | None = None
    n: Literal[1] | None = 1

    def question(self) -> Question:
        """Return the last message as the question, and the latest turns before it as its history."""
        *earlier, last = (message.content for message in self.messages)
        return Question(last, history=tuple(earlier[-MAX_HISTORY_TURNS:]))

    @property
    def wants_usage(self) -> bool:
        """Return whether a stream is to end with the number of tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)


def read_body(data: bytes) -> ChatBody:
    """Return the request. Raises ChatRefusedError that names the first field that cannot be read."""
    try:
        return ChatBody.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        param = ".".join(map(str, first["loc"])) or None
        where = f"{param}: " if param else ""
        sentence = f"The request cannot be read ({where}{first['msg']})."
        raise ChatRefusedError(BAD_REQUEST, sentence, param) from error


class Usage(BaseModel):
    """The tokens of a request: of the prompt, and of the answer."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def to_json(self) -> dict[str, int]:
        """Return OpenAI's `usage`."""
        return self.model_dump() | {"total_tokens": self.prompt_tokens + self.completion_tokens}


@dataclass(frozen=True)
class Reply:
    """The envelope of one answer of `model`, whole or in chunks."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer, usage: Usage) -> dict[str, object]:
        """Return the answer in one piece, with citations and flags in its message."""
        message = {"role": "assistant", "content": answer.text, "refusal": None} | _extras(answer)
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return self._envelope("chat.completion", [choice]) | {"usage": usage.to_json()}

    def text(self, text: str, first: bool) -> str:
        """Return a chunk with text; the first one names the role, too."""
        role = {"role": "assistant"} if first else {}
        return self._chunk([_choice(role | {"content": text})])

    def end(self, answer: Answer) -> str:
        """Return the chunk that ends the answer, with its citations and flags."""
        return self._chunk([_choice(_extras(answer), "stop")])

    def usage(self, usage: Usage) -> str:
        """Return the chunk after the end that counts the tokens."""
        return self._chunk([], {"usage": usage.to_json()})

    def _chunk(self, choices: list[object], more: Mapping[str, object] | None = None) -> str:
        return json.dumps(self._envelope("chat.completion.chunk", choices) | (more or {}))

    def _envelope(self, kind: str, choices: list[object]) -> dict[str, object]:
        about = {"id": self.id, "object": kind, "created": self.created, "model": self.model}
        return about | {"choices": choices}


def _choice(delta: Mapping[str, object], finish: str | None = None) -> dict[str, object]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _extras(answer: Answer) -> dict[str, object]:
    return {"citations": list(answer.citations), "flags": list(answer.flags)}

"""A chat model behind an OpenAI-compatible address, with a deadline for the whole reply.

Servers hang, send a byte at a time, redirect, send megabytes or a web page. Each case raises ChatError with
one sentence, at the deadline at the latest.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

import anyio
import httpx
from anyio.from_thread import start_blocking_portal
from pydantic import BaseModel, Field, ValidationError

from harness.errors import PlainError, WrongUseError

KEY = "UNDER500_LLM_KEY"  # environment variable with the endpoint's API key, if it needs one
TIMEOUT_S = 20.0  # a reply has at most 150 tokens, and a laptop generates 10 a second
MAX_BYTES = 200_000  # of a reply with its envelope; 150 tokens are 1 kB
MAX_TOKENS = 150
SEED = 500

Message = dict[str, str]  # role, content


class ChatError(PlainError):
    """A chat model that gave no usable reply."""


class Chat(Protocol):
    """A chat model. name: shown on the scorecard. key: identifies the model that answers."""

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    def ask(self, messages: Sequence[Message]) -> str:
        """Return the reply's text. Raises ChatError."""
        ...


class _Content(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Content


class _Reply(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


@dataclass(frozen=True)
class Endpoint:
    """A model at an address.

    url: up to and including "/v1". timeout_s: for the whole reply, connecting included.
    Raises WrongUseError if url is not an HTTP address.
    """

    url: str
    model: str
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongUseError(
                f"'{self.url}' is not the address of a model: give one like http://localhost:8080/v1."
            )

    @property
    def name(self) -> str:
        """Return model and host, such as "gemma at localhost"."""
        return f"{self.model} at {urlsplit(self.url).hostname}"

    @property
    def key(self) -> str:
        return f"{self.url}|{self.model}"

    def ask(self, messages: Sequence[Message]) -> str:
        """Return the reply's text, generated at temperature 0. Raises ChatError."""
        # A new event loop in a new thread: in a notebook, this thread runs a loop already.
        with start_blocking_portal() as portal:
            return portal.call(self._reply, list(messages))

    async def _reply(self, messages: list[Message]) -> str:
        try:
            with anyio.fail_after(self.timeout_s):
                data = await self._post(messages)
        except TimeoutError as error:
            raise ChatError(f"{self.name} did not answer within {self.timeout_s:g} s.") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ChatError(f"{self.name} cannot be reached ({type(error).__name__}).") from error
        try:
            return _Reply.model_validate_json(data).choices[0].message.content
        except ValidationError as error:
            raise ChatError(f"{self.name} sent something that is not a chat reply.") from error

    async def _post(self, messages: list[Message]) -> bytes:
        request = {
            "model": self.model,
            "messages": messages,
            "temperature": 0,
            "seed": SEED,
            "max_tokens": MAX_TOKENS,
        }
        key = os.environ.get(KEY)
        async with (
            httpx.AsyncClient(timeout=None, follow_redirects=False) as http,
            http.stream(
                "POST",
                f"{self.url.rstrip('/')}/chat/completions",
                json=request,
                headers={"Authorization": f"Bearer {key}"} if key else {},
            ) as response,
        ):
            if response.status_code != httpx.codes.OK:
                raise ChatError(f"{self.name} refused with status {response.status_code}.")
            return await self._body(response)

    async def _body(self, response: httpx.Response) -> bytes:
        data = b""
        async for piece in response.aiter_bytes():
            data += piece
            if len(data) > MAX_BYTES:
                raise ChatError(f"{self.name} sent more than {MAX_BYTES / 1000:.0f} kB.")
        return data

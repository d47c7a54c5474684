"""A chat model behind an OpenAI-compatible address, with a deadline that holds.

Servers hang, drip, redirect, send megabytes or a web page: each is one sentence here, and never a wait
beyond the deadline.
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

KEY = "UNDER500_LLM_KEY"  # environment variable with the endpoint's key, where it wants one
PATIENCE_S = 20.0  # a reply has 150 tokens; a laptop makes 10 of them a second
MOST_BYTES = 200_000  # of a reply with its envelope; 150 tokens are 1 kB
MOST_TOKENS = 150
SEED = 500

Message = dict[str, str]  # role, content


class ChatError(PlainError):
    """The model gave no reply that can be read."""


class Chat(Protocol):
    """A chat model. name: as it is stamped on a scorecard; key: changes when another model answers."""

    @property
    def name(self) -> str: ...

    @property
    def key(self) -> str: ...

    def ask(self, messages: Sequence[Message]) -> str:
        """The reply's text. Raises ChatError."""
        ...


class _Said(BaseModel):
    content: str


class _Choice(BaseModel):
    message: _Said


class _Reply(BaseModel):
    choices: list[_Choice] = Field(min_length=1)


@dataclass(frozen=True)
class Endpoint:
    """url: up to and with "/v1". patience_s: for a whole reply, connecting included."""

    url: str
    model: str
    patience_s: float = PATIENCE_S

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongUseError(
                f"'{self.url}' is no address of a model: give one like http://localhost:8080/v1."
            )

    @property
    def name(self) -> str:
        """ "gemma at localhost"."""
        return f"{self.model} at {urlsplit(self.url).hostname}"

    @property
    def key(self) -> str:
        return f"{self.url}|{self.model}"

    def ask(self, messages: Sequence[Message]) -> str:
        """The reply's text, at temperature 0. Raises ChatError, with what happened."""
        # A loop of its own, in a thread of its own: in a notebook this thread's loop is taken.
        with start_blocking_portal() as portal:
            return portal.call(self._asked, list(messages))

    async def _asked(self, messages: list[Message]) -> str:
        try:
            with anyio.fail_after(self.patience_s):
                data = await self._posted(messages)
        except TimeoutError as error:
            raise ChatError(f"{self.name} did not answer within {self.patience_s:g} s.") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ChatError(f"{self.name} cannot be reached ({type(error).__name__}).") from error
        try:
            return _Reply.model_validate_json(data).choices[0].message.content
        except ValidationError as error:
            raise ChatError(f"{self.name} sent something that is no chat reply.") from error

    async def _posted(self, messages: list[Message]) -> bytes:
        request = {
            "model": self.model,
            "messages": messages,
            "temperature": 0,
            "seed": SEED,
            "max_tokens": MOST_TOKENS,
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
            if len(data) > MOST_BYTES:
                raise ChatError(f"{self.name} sent more than {MOST_BYTES / 1000:.0f} kB.")
        return data

"""The key of a chat server: read from the environment, and checked before a request is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from secrets import compare_digest

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.chat.chat_messages import UNAUTHORIZED, ChatRefusedError
from harness.errors import WrongUseError

KEY_NAME = "UNDER500_SERVE_KEY"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
LEAST_CHARS = 16  # 96 bits of a random URL-safe key: nobody guesses it over a network
MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe())"'


def serving_key(host: str) -> str:
    """Return the key that clients of a server at `host` must send; "" if none is needed.

    A key in the environment holds for every host. Raises WrongUseError for one that is too weak, and if
    there is none although others than this machine may reach the host.
    """
    key = os.environ.get(KEY_NAME, "").strip()
    if not key and host in LOOPBACK:
        return ""
    if not key:
        raise WrongUseError(
            f"Everybody who reaches {host} could ask: set {KEY_NAME} to a key first ({MAKE_ONE})."
        )
    if len(key) < LEAST_CHARS or not (key.isascii() and key.isprintable()) or " " in key:
        raise WrongUseError(
            f"The value of {KEY_NAME} is no safe key: it needs {LEAST_CHARS} ASCII characters or more, none "
            f"of them a space ({MAKE_ONE})."
        )
    return key


@dataclass(frozen=True)
class KeyRequired:
    """An application that passes on requests with the right key, and those for paths that are `public`."""

    app: ASGIApp
    key: str
    public: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request without the key, before its body is read."""
        inner = scope["type"] == "lifespan" or scope["path"] in self.public
        if inner or self._authorized(Headers(scope=scope)):
            await self.app(scope, receive, send)
        else:
            await _refusal()(scope, receive, send)

    def _authorized(self, headers: Headers) -> bool:
        """Compare the key in a time that does not depend on how much of it is right."""
        scheme, _, sent = headers.get("authorization", "").partition(" ")
        right = compare_digest(sent.strip().encode(), self.key.encode())
        return right and scheme.lower() == "bearer"


def _refusal() -> JSONResponse:
    sentence = "This server needs a key: send it as `Authorization: Bearer KEY`."
    error = ChatRefusedError(UNAUTHORIZED, sentence, code="invalid_api_key")
    return JSONResponse(error.body(), error.status, {"WWW-Authenticate": "Bearer"})

"""How a chat service is asked: with which limits and fields, and with which keys from the environment.

The values of keys and headers stay in the environment: no object of this module holds one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue

from harness.chat.serving_key import LOOPBACK
from harness.errors import WrongUseError

DEADLINE_S = 60.0  # for a whole reply; one that stalls at its end may take as long again
MAX_TOKENS = 256  # two paragraphs; the most that one request may cost
KEY_NAME = "UNDER500_API_KEY"
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")  # a name that a shell can export
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a header's name (RFC 9110)
# Headers that the client or httpx sets, and whose change would change the protocol.
OURS = {"accept-encoding", "connection", "content-length", "content-type", "host", "traceparent"}
AUTHORIZATION = "authorization"
LEAST_CHARS = 8  # of a word of a value that is hidden on its own, such as the key in "Bearer KEY"
# Fields of a request that are set here: what they ask for is planned, said and measured.
PROTOCOL = frozenset(
    {"max_completion_tokens", "max_tokens", "messages", "model", "n", "stream", "stream_options"}
)


@dataclass(frozen=True)
class ServiceAccess:
    """The names of environment variables with the API key, if there is one, and with headers' values.

    variables: by header; a header Authorization takes the place of the API key. Raises WrongUseError for a
    name that cannot be used.
    """

    key_name: str = KEY_NAME
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not VARIABLE.fullmatch(self.key_name):  # not quoted: it may be the key itself
            raise WrongUseError(
                "--key-name needs the name of an environment variable, and not its value: letters, digits "
                "and underscores, as in MY_KEY."
            )
        for name in self.variables:
            if not TOKEN.fullmatch(name):
                raise WrongUseError("A header needs a name of letters, digits and hyphens.")
            if name.lower() in OURS:
                raise WrongUseError(f"The header {name} is set by this command: leave it out.")

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers for an address. Raises WrongUseError if it, or a value, cannot be used."""
        scheme, host = _checked(url, self.key_name)
        key = "" if AUTHORIZATION in map(str.lower, self.variables) else self._key()
        found = {"Authorization": f"Bearer {key}"} if key else {}
        found |= {name: _value(name, variable) for name, variable in self.variables.items()}
        if found and scheme == "http" and host not in LOOPBACK:
            source = self.key_name if key else "--header"
            raise WrongUseError(
                f"The key in {source} would cross the network unencrypted: use https, or leave it out."
            )
        return found

    def hide(self, text: str) -> str:
        """Return the text without the values, if a service repeats them."""
        values = [os.environ.get(name, "").strip() for name in self._names()]
        words = {word for value in values for word in value.split() if len(word) >= LEAST_CHARS}
        for secret in sorted({*values, *words} - {""}, key=len, reverse=True):
            text = text.replace(secret, "…")
        return text

    def refused(self) -> str:
        """Return what a service refuses: the key in its variable, or the lack of one."""
        held = any(os.environ.get(name, "").strip() for name in self._names())
        return f"the key in {' or '.join(self._names())}" if held else "a request without a key"

    def _names(self) -> list[str]:
        return [self.key_name, *self.variables.values()]

    def _key(self) -> str:
        key = os.environ.get(self.key_name, "").strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise WrongUseError(
                f"The value of {self.key_name} is no key: it has spaces or special characters."
            )
        return key


@dataclass(frozen=True)
class ChatOptions:
    """How a chat service is asked. usage: whether a stream is to end with its number of tokens.

    body: further fields of a request. deadline_s: for a whole reply. Raises WrongUseError for a field that
    this client sets itself.
    """

    access: ServiceAccess = field(default_factory=ServiceAccess)
    max_tokens: int = MAX_TOKENS
    usage: bool = True
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    deadline_s: float = DEADLINE_S

    def __post_init__(self) -> None:
        if found := sorted(PROTOCOL & self.body.keys()):
            raise WrongUseError(
                f"The field `{found[0]}` of a request is set by this command: use --model, --max-tokens or "
                "--no-usage, and leave it out of --body."
            )


def _value(name: str, variable: str) -> str:
    """Return a header's value. The variable is in no message: it may be a value, given by mistake."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise WrongUseError(
            f"The environment variable named for the header {name} is not set: export it, and give its name "
            f"here and not its value, as in --header {name}=MY_VARIABLE."
        )
    if not (value.isascii() and value.isprintable()):
        raise WrongUseError(
            f"The value for the header {name} has characters that no header may have."
        )
    return value


def _checked(url: str, key_name: str) -> tuple[str, str]:
    """Return the scheme and the host. Raises WrongUseError for an address that cannot be used."""
    try:
        parts = urlsplit(url)
        host, _, _ = parts.hostname, parts.port, httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise WrongUseError(f"The address cannot be read ({error}).") from error
    if parts.scheme not in ("http", "https") or not host:
        raise WrongUseError("The address must be like http://localhost:8000/v1 or https://…/v1.")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongUseError(
            f"The address must end with its path and hold no key: put the key into {key_name}."
        )
    return parts.scheme, host

"""What hub, board and servers remember of requests, also of those without a login: few and short texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any

# Addresses that wait for a login, and answers of the hub on tokens. JupyterHub keeps each for minutes.
MOST = 10_000
# Scopes that somebody asks for with a login, and characters of one. JupyterHub keeps 65,535 of any length,
# each with forty names; those of a class are shorter than 100 characters.
MOST_SCOPES, LONGEST_SCOPE = 1_000, 255
SESSION_ID = re.compile(r"[0-9a-f]{32}")


def by_a_server() -> None:
    """Bound what a person's server, or the board, remembers."""
    from jupyter_server.base.handlers import FileFindHandler
    from jupyterhub.services import auth

    FileFindHandler._static_paths = _Nothing()
    cache = auth._ExpiringDict  # JupyterHub has no setting for it
    cache.__setitem__ = _few(cache.__setitem__)
    auth.HubAuth.get_session_id = _well_formed(auth.HubAuth.get_session_id)


def by_the_hub() -> None:
    """Bound what the hub remembers, and let it replace the id of a session that it has not made.

    A learner's page can set a long id for the shared domain. Refused, it would keep its visitor out.
    """
    from jupyterhub import scopes
    from jupyterhub.handlers.base import BaseHandler
    from jupyterhub.oauth.provider import JupyterHubRequestValidator as Validator

    Validator.validate_scopes = _short(Validator.validate_scopes)
    scopes._expand_scope = lru_cache(MOST_SCOPES)(scopes._expand_scope.__wrapped__)
    BaseHandler.get_session_cookie = _well_formed(BaseHandler.get_session_cookie)


class _Nothing(dict):
    """The files that a server has found: anybody can spell an address in any number of ways."""

    def __setitem__(self, *_: object) -> None:
        """Keep nothing: to find the file again takes microseconds."""


def _short(valid: Callable[..., bool]) -> Callable[..., bool]:
    """Return the method that says whether scopes are valid, and finds long ones invalid."""

    @wraps(valid)
    def short_and_valid(self: Any, client_id: str, scopes: list[str], *more: Any) -> bool:
        return max(map(len, scopes), default=0) <= LONGEST_SCOPE and valid(
            self, client_id, scopes, *more
        )

    return short_and_valid


def _few(keep: Callable[..., None]) -> Callable[..., None]:
    """Return the method of a cache that keeps an entry, and drops the oldest of more than MOST."""

    @wraps(keep)
    def keep_some(cache: Any, key: object, value: object) -> None:
        keep(cache, key, value)
        while len(cache) > MOST:
            del cache[next(iter(cache.values))]

    return keep_some


def _well_formed(read: Callable[..., str | None]) -> Callable[..., str | None]:
    """Return the method that reads a session's id, and knows only those that JupyterHub makes."""

    @wraps(read)
    def session_id(*arguments: Any) -> str | None:
        found = read(*arguments)
        return found if found and SESSION_ID.fullmatch(found) else None

    return session_id

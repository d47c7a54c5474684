"""What hub, board and servers remember of requests, also of those without a login: few and short texts."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

# Addresses that wait for a login, and answers of the hub on tokens. JupyterHub keeps each for minutes.
MOST = 10_000
SESSION_ID = re.compile(r"[0-9a-f]{32}")


def by_a_server() -> None:
    """Bound what a person's server, or the board, remembers."""
    from jupyterhub.services import auth

    cache = auth._ExpiringDict  # JupyterHub has no setting for it
    cache.__setitem__ = _few(cache.__setitem__)
    auth.HubAuth.get_session_id = _well_formed(auth.HubAuth.get_session_id)


def by_the_hub() -> None:
    """Let the hub replace the id of a session that it has not made, instead of keeping or refusing it.

    A learner's page can set a long one for the shared domain, with which nobody could log in.
    """
    from jupyterhub.handlers.base import BaseHandler

    BaseHandler.get_session_cookie = _well_formed(BaseHandler.get_session_cookie)


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

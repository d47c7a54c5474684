"""What the hub and its servers keep of requests that need no login."""

from types import SimpleNamespace

import pytest

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from jupyterhub.handlers.base import BaseHandler
from jupyterhub.services import auth

from grader.workshop import remembered

OWN = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def jupyterhub(monkeypatch):
    """Leave JupyterHub as it is afterwards."""
    for owner, name in (
        (auth._ExpiringDict, "__setitem__"),
        (auth.HubAuth, "get_session_id"),
        (BaseHandler, "get_session_cookie"),
    ):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    remembered.by_a_server()
    remembered.by_the_hub()


def test_of_many_addresses_that_wait_for_a_login_the_last_are_kept(monkeypatch):
    monkeypatch.setattr(remembered, "MOST", 3)
    states = auth._ExpiringDict(max_age=600)
    for number in range(9):
        states[number] = {"next_url": "/lab"}
    assert [number for number in range(9) if number in states] == [6, 7, 8]
    assert len(states.timestamps) == 3


@pytest.mark.parametrize(
    ("cookie", "expected"),
    [(OWN, OWN), (OWN.upper(), None), ("x" * 3000, None), (OWN + "0", None), (None, None)],
)
def test_a_session_id_that_the_hub_has_not_made_is_none(cookie, expected):
    """A learner's page can set it for the shared domain: refused, it would keep its visitor out."""
    handler = SimpleNamespace(get_cookie=lambda name, default: cookie or default)
    assert BaseHandler.get_session_cookie(handler) == expected
    assert auth.HubAuth.get_session_id(None, handler) == expected

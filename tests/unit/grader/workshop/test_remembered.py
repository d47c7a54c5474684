"""What the hub and its servers keep of requests that need no login."""

from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

from jupyter_server.base.handlers import FileFindHandler
from jupyterhub import scopes
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.oauth.provider import JupyterHubRequestValidator
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
        (FileFindHandler, "_static_paths"),
        (JupyterHubRequestValidator, "validate_scopes"),
        (scopes, "_expand_scope"),
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


def test_no_spelling_of_a_public_files_address_is_kept():
    """Anybody can ask for any number of them, without a login."""
    here = Path(__file__)
    for number in range(9):
        spelled = "./" * number + here.name
        assert FileFindHandler.get_absolute_path([str(here.parent)], spelled) == str(here)
    assert not FileFindHandler._static_paths


def test_a_long_scope_is_refused_unseen_and_few_short_ones_are_kept():
    """The hub keeps a scope that a login asks for, with all its parts, also if it is not granted."""
    too_long = "admin:users!user=" + "a" * remembered.LONGEST_SCOPE
    validator = JupyterHubRequestValidator(db=None)
    assert not validator.validate_scopes("a client", ["self", too_long], None, None)
    for number in range(remembered.MOST_SCOPES + 9):
        assert len(scopes._expand_scope(f"admin:users!user={number}")) > 1
    assert scopes._expand_scope.cache_info().currsize == remembered.MOST_SCOPES


def test_an_honest_scope_is_looked_at():
    client = SimpleNamespace(query=lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        JupyterHubRequestValidator(db=client).validate_scopes("a client", ["self"], None, None)

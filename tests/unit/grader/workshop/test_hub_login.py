"""The hub's login and logout: who sends them, and whom PAM is asked for."""

import asyncio
from types import SimpleNamespace

import pytest
from tornado import web
from tornado.httputil import HTTPHeaders

pytest.importorskip("jupyterhub", reason="comes with the extra `workshop`")

import pamela
from jinja2 import DictLoader, Environment
from jupyterhub.handlers.base import BaseHandler
from jupyterhub.handlers.login import LogoutHandler

from grader.workshop import hub_login

OWN = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-origin"}
ANOTHERS = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Site": "same-site"}
LOADER = DictLoader({"page.html": "{% block main %}{% endblock %}"})


async def nothing(_):
    pass


@pytest.fixture
def handler(monkeypatch):
    """Return a function of path, method and headers: the handler that the hub has for such a request."""
    monkeypatch.setattr(BaseHandler, "prepare", nothing)

    def handler(path, method, headers):
        found = object.__new__(dict(hub_login.Authenticator().get_handlers(None))[path])
        found.request = SimpleNamespace(method=method, headers=HTTPHeaders(headers))
        pages = Environment(loader=LOADER, enable_async=True)
        found.application = SimpleNamespace(settings={"jinja2_env": pages})
        return found

    return handler


def answer(call):
    """Return the status of a request before JupyterHub's own code has it."""
    try:
        asyncio.run(call())
    except web.HTTPError as error:
        return error.status_code
    return 200


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("POST", OWN, 200),
        ("POST", ANOTHERS, 403),
        ("POST", {"Host": "class.example", "Origin": "https://ada.class.example"}, 403),
        ("GET", ANOTHERS, 200),  # a link to the login is no login
    ],
)
def test_no_learners_page_logs_anybody_in(handler, method, headers, expected):
    assert answer(handler("/login", method, headers).prepare) == expected


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", OWN, (200, [])),  # also by a page of the hub's own, which leads to what `next` says
        ("GET", {}, (200, [])),
        ("POST", OWN, (200, ["logged out"])),
        ("POST", ANOTHERS, (403, [])),
    ],
)
def test_nobody_is_logged_out_but_by_the_button(handler, monkeypatch, method, headers, expected):
    done, shown = [], []

    async def log_out(_):
        done.append("logged out")

    monkeypatch.setattr(LogoutHandler, "default_handle_logout", log_out)
    monkeypatch.setattr(LogoutHandler, "render_logout_page", nothing)
    one = handler("/logout", method, headers)
    one.finish, one.render_template = (
        shown.append,
        lambda page: page.render_async(logout_url="/out"),
    )
    asyncio.run(one.prepare())
    assert (answer(getattr(one, method.lower())), done) == expected
    assert ['<form method="post" action="/out"' in page for page in shown] == [True] * (
        method == "GET"
    )


def test_pam_is_asked_for_accounts_of_the_class_only(monkeypatch):
    """It answers a right password sooner than a wrong one, also root's, which opens nothing here."""
    asked = []
    monkeypatch.setattr(pamela, "authenticate", lambda name, *_, **__: asked.append(name))
    guard = hub_login.Authenticator(allowed_users={"ada"}, check_account=False)

    async def log_in(name):
        return await guard.authenticate(None, {"username": name, "password": "right"})

    found = [asyncio.run(log_in(name)) for name in ("ada", "root", "Ada", "")]
    assert len(asked) == 4 and not {"root", "Ada", ""} & set(asked)
    assert set(found) & guard.allowed_users == {"ada"}

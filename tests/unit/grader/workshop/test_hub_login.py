"""The hub's login and logout: who sends them, and whom PAM is asked for."""

import asyncio
import threading
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest
from tornado import httpserver, netutil, web
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

    connection = SimpleNamespace(
        stream=SimpleNamespace(closed=lambda: False), set_close_callback=lambda _: None
    )
    handler = SimpleNamespace(request=SimpleNamespace(connection=connection))

    async def log_in(name):
        return await guard.authenticate(handler, {"username": name, "password": "right"})

    found = [asyncio.run(log_in(name)) for name in ("ada", "root", "Ada", "")]
    assert len(asked) == 4 and not {"root", "Ada", ""} & set(asked)
    assert set(found) & guard.allowed_users == {"ada"}


@pytest.mark.parametrize("form", [{}, {"username": [b"ada"]}, {"password": [b"x"]}], ids=list)
def test_a_form_without_a_name_or_a_password_is_refused(handler, form):
    """JupyterHub would look for them, and log a traceback."""
    one = handler("/login", "POST", OWN)
    one.request.body_arguments = form
    assert answer(one.post) == 400


AT_ONCE = 4  # threads that ask PAM


class Pam:
    """A PAM that answers nobody before it is `ready`."""

    def __init__(self):
        self.asked, self.ready = [], threading.Event()

    def authenticate(self, name, password, **_):
        self.asked.append(password)
        assert self.ready.wait(20)


@pytest.fixture
def pam(monkeypatch):
    one = Pam()
    monkeypatch.setattr(pamela, "authenticate", one.authenticate)
    yield one
    one.ready.set()


@asynccontextmanager
async def hub():
    """Yield the port of a server that asks the guard, and the guard."""
    guard = hub_login.Authenticator(allowed_users={"ada"}, check_account=False)

    class LogIn(web.RequestHandler):
        async def post(self):
            data = {"username": "ada", "password": self.get_argument("password")}
            self.finish(await guard.authenticate(self, data))

    [one] = netutil.bind_sockets(0, "127.0.0.1")
    server = httpserver.HTTPServer(web.Application([("/", LogIn)]))
    server.add_socket(one)
    yield one.getsockname()[1], guard
    server.stop()
    guard.executor.shutdown()


async def sent(port, password):
    """Send a login, and return its connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    form = b"password=" + password.encode()
    kind = b"Content-Type: application/x-www-form-urlencoded\r\n"
    head = b"POST / HTTP/1.1\r\nHost: x\r\n%bContent-Length: %d\r\n\r\n" % (kind, len(form))
    writer.write(head + form)
    return reader, writer


async def status(connection):
    line = await asyncio.wait_for(connection[0].readline(), 20)
    connection[1].close()
    return int(line.split()[1])


async def until(true):
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def test_who_has_left_is_not_asked_of_pam_and_keeps_nobody_from_a_login(pam):
    async def scenario():
        async with hub() as (port, guard):
            first = [await sent(port, "first") for _ in range(AT_ONCE)]
            await until(lambda: len(pam.asked) == AT_ONCE)
            waiting = [await sent(port, "left") for _ in range(hub_login.MOST_WAITING)]
            await until(lambda: guard.waiting == hub_login.MOST_WAITING)
            assert await status(await sent(port, "one more")) == 503
            for _, writer in waiting:
                writer.close()
            for _ in range(50):  # closed before the server reads it
                (await sent(port, "left"))[1].close()
            await until(lambda: not guard.waiting)
            honest = await sent(port, "right")
            await until(lambda: guard.waiting == 1)
            pam.ready.set()
            assert [await status(one) for one in (*first, honest)] == [200] * (AT_ONCE + 1)
            assert guard.waiting == 0
            assert await status(await sent(port, "right")) == 200
        assert pam.asked == ["first"] * AT_ONCE + ["right"] * 2

    asyncio.run(scenario())

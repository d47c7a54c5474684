"""The hub's login and logout, which a learner's page cannot send or open in another person's browser."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyterhub.auth import PAMAuthenticator
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from tornado import web

from grader.workshop.before_login import deliberate

# Logins that wait while PAM is asked for four others. It takes seconds for a wrong password: the last one of
# 20 waits for a quarter of a minute. Each keeps a request in the hub's memory.
MOST_WAITING = 20
NOBODY = "Nobody of this class"  # no name of an account
LOGOUT = """{% extends "page.html" %}
{% block main %}
<form method="post" action="{{ logout_url }}" class="container text-center">
  <input type="hidden" name="_xsrf" value="{{ xsrf_token }}">
  <h1>Log out of the class?</h1>
  <p>Your server goes on.</p>
  <button class="btn btn-jupyter">Log out</button>
</form>
{% endblock main %}
{% block login_widget %}{% endblock login_widget %}"""


class Login(LoginHandler):
    """The hub's login, with a form that only the hub's own page can send.

    By another form, a learner would log the instructor in as that learner, and read what they then write.
    """

    async def prepare(self) -> None:
        """Refuse a form of another page. Raises HTTPError."""
        await super().prepare()
        if self.request.method == "POST" and not deliberate(self.request.headers):
            raise web.HTTPError(403, "Another page has sent the login. Log in here.")

    async def post(self) -> None:
        """Log in. Raises HTTPError for a form without a name or a password."""
        if not {"username", "password"} <= self.request.body_arguments.keys():
            raise web.HTTPError(400, "A login needs a name and a password.")
        await super().post()


class Logout(LogoutHandler):
    """The hub's logout, by a button.

    Opening its address logs nobody out: another page can open it, also by the hub's own pages, which lead to
    what the address has as `next` after a login or when a server has started.
    """

    async def get(self) -> None:
        """Show the button."""
        page = self.settings["jinja2_env"].from_string(LOGOUT)
        self.finish(await self.render_template(page))

    async def post(self) -> None:
        """Log out. Raises HTTPError for a form of another page."""
        if not deliberate(self.request.headers):
            raise web.HTTPError(403, "Another page has sent the logout.")
        await super().get()


class Authenticator(PAMAuthenticator):
    """JupyterHub's login by the accounts of this machine, with both guards and a limit on waiting logins."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.turns, self.waiting = asyncio.Semaphore(self.executor_threads), 0

    async def authenticate(self, handler: Any, data: dict[str, str]) -> Any:
        """Ask PAM, but for no account outside the class: it answers a right password sooner than a wrong one.

        The time that it takes does not say either whether a name is of the class. PAM is not asked for
        somebody whose connection has ended. Raises HTTPError if too many others wait.
        """
        known = data["username"] in self.allowed_users
        if not await self._has_turn(handler.request.connection):
            return None
        try:
            return await super().authenticate(
                handler, data if known else data | {"username": NOBODY}
            )
        finally:
            self.turns.release()

    async def _has_turn(self, connection: Any) -> bool:
        """Wait for a turn, and return whether the connection is still open. Raises HTTPError."""
        if connection.stream.closed():  # Tornado then does not call the callback below
            return False
        if self.waiting >= MOST_WAITING:
            raise web.HTTPError(503, "Many people log in at this moment. Try again in a minute.")
        turn = asyncio.ensure_future(self.turns.acquire())
        connection.set_close_callback(turn.cancel)
        self.waiting += 1
        try:
            return await turn
        except asyncio.CancelledError:
            return False
        finally:
            self.waiting -= 1

    def get_handlers(self, app: object) -> list[tuple[str, Any]]:
        """Return the handlers that take the place of JupyterHub's own."""
        return [("/login", Login), ("/logout", Logout)]

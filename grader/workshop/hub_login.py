"""The hub's login and logout, which a learner's page cannot send or open in another person's browser."""

from __future__ import annotations

from typing import Any

from jupyterhub.auth import PAMAuthenticator
from jupyterhub.handlers.login import LoginHandler, LogoutHandler
from tornado import web

from grader.workshop.before_login import deliberate


class Login(LoginHandler):
    """The hub's login, with a form that only the hub's own page can send.

    By another form, a learner would log the instructor in as that learner, and read what they then write.
    """

    async def prepare(self) -> None:
        """Refuse a form of another page. Raises HTTPError."""
        await super().prepare()
        if self.request.method == "POST" and not deliberate(self.request.headers):
            raise web.HTTPError(403, "Another page has sent the login. Log in here.")


class Logout(LogoutHandler):
    """The hub's logout, for a person who has opened it, or followed a link of the hub's own."""

    async def prepare(self) -> None:
        """Ask first if another page leads here, as a server's logout does. Raises HTTPError."""
        await super().prepare()
        if not deliberate(self.request.headers):
            error = web.HTTPError(403, reason="Still logged in")
            link = f'<a href="{self.settings["logout_url"]}">Log out</a>'
            error.jupyterhub_html_message = f"Another page has opened this one. {link}"
            raise error


class Authenticator(PAMAuthenticator):
    """JupyterHub's login by the accounts of this machine, with both guards."""

    def get_handlers(self, app: object) -> list[tuple[str, Any]]:
        """Return the handlers that take the place of JupyterHub's own."""
        return [("/login", Login), ("/logout", Logout)]

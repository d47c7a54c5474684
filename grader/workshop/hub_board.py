"""The instructor's board as a JupyterHub service, which the hub starts and protects.

It runs under the instructor's account, because only that account can read the course. Only the instructor
may open it.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from pathlib import Path

from grader.workshop import before_login, listening
from grader.workshop.origins import BOARD, cookie_variables
from grader.workshop.paths import INSTRUCTOR, VARIABLE, Workshop

COMMAND = (sys.executable, "-m", "grader.workshop.hub_board")
PATH = f"services/{BOARD}"
# What people may do with their own account: JupyterHub's `self` without tokens, whose number and notes would
# fill the hub's memory and disk. Nothing in a class needs one, nor a share.
OWN = ("read:users", "users:activity", "servers", "access:servers")
PORT_OFFSET = 2  # the proxy and the hub use the first two ports


def service(workshop: Workshop, listener: socket.socket) -> dict[str, object]:
    """Return the entry for `JupyterHub.services`; the board listens on this socket, an open file."""
    isolated = (sys.executable, "-m", "grader.workshop.isolation", INSTRUCTOR)
    return {
        "name": BOARD,
        "url": f"http://127.0.0.1:{workshop.port + PORT_OFFSET}",
        "command": [*isolated, *COMMAND, str(listener.fileno())],
        "environment": {
            "COURSE": str(workshop.course),
            "HOME": str(workshop.home(INSTRUCTOR)),
            "PATH": os.environ["PATH"],
            VARIABLE: os.environ[VARIABLE],
            **cookie_variables(workshop),
        },
        "cwd": str(workshop.hub),
        "oauth_no_confirm": True,
    }


def roles() -> list[dict[str, object]]:
    """Return the value of `JupyterHub.load_roles`: everybody's rights, and the instructor's to the board."""
    board = [f"access:services!service={BOARD}"]
    return [
        {"name": "user", "scopes": [f"{scope}!user" for scope in OWN]},
        {"name": "instructor", "users": [INSTRUCTOR], "scopes": board},
    ]


def main() -> None:
    """Serve the board until the hub stops this process."""
    asyncio.run(_serve(listening.inherited(int(sys.argv[1]))))


async def _serve(listener: socket.socket) -> None:
    from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
    from jupyterhub.utils import url_path_join
    from tornado import web

    from grader.board.board_page import LEARNERS
    from harness.errors import PlainError

    class Page(HubOAuthenticated, web.RequestHandler):
        def set_default_headers(self) -> None:
            self.set_header("Content-Security-Policy", "frame-ancestors 'none'")

        @web.authenticated
        def get(self, name: str = "") -> None:
            try:
                self.finish(_page(name))
            except KeyError:
                raise web.HTTPError(404) from None
            except PlainError as error:
                self.set_status(503)
                self.set_header("Content-Type", "text/plain; charset=utf-8")
                self.finish(str(error))

    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    callback = url_path_join(prefix, "oauth_callback")
    learner = url_path_join(prefix, LEARNERS, r"(.+)\.html")
    handlers = [(callback, HubOAuthCallbackHandler), (learner, Page), (prefix, Page)]
    app = web.Application(handlers, cookie_secret=os.urandom(32))
    before_login.bound()
    before_login.ShortAddresses(app, **before_login.LIMITS).add_socket(listener)
    await asyncio.Event().wait()


def _page(name: str) -> str:
    """Return the board, or a learner's page. Raises KeyError if there is no such learner, and PlainError."""
    from grader.board import board_page, learner_page
    from grader.board.overview import board, reports
    from grader.course.course import load_course

    course = load_course(Path(os.environ["COURSE"]))
    if not name:
        return board_page.page(board(course))
    return learner_page.page(board(course), name, reports(course).get(name, ()), "..")


if __name__ == "__main__":
    main()

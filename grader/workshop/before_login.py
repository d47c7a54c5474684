"""What a server, the hub and the board do not accept: large requests without a login, and a logout unseen.

Anybody who reaches a port can send a request. Tornado keeps its body in memory until it is complete, and
JupyterHub its address until its sender has logged in.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from tornado import httpserver, web
from tornado.httputil import HTTPHeaders, HTTPInputError, RequestStartLine, parse_cookie

from grader.sandbox.limits import MIB
from grader.workshop import remembered

# A header must be complete in this time, and the next request must begin: Tornado waits an hour, and
# thousands of unfinished headers fill a server's memory. Seconds; bytes.
HEADERS = {"idle_connection_timeout": 60.0, "max_header_size": 32 * 1024}
# Connections of a process whose next request is not complete; each may hold 36 KiB. A class has some hundred.
MOST_WAITING = 1_000
# Options of the hub's and the board's HTTP servers. The longest body, a login, has some hundred bytes; to
# read one of 60 KB as the time of an activity takes the hub 0.4 s. Bytes, seconds.
LIMITS = {"max_body_size": 4 * 1024, "body_timeout": 20.0, **HEADERS}
# Of an address and a token. The longest address, of a login that leads to a server, has 1,000.
LONGEST_ADDRESS = 2_000
# Three times the largest notebook that is graded. An upload is sent in parts of 1 MiB.
LOGGED_IN = 64 * MIB
# Browsers send both headers. Those of an image in a notebook, and of a learner's page, have other values.
DELIBERATE = {"Sec-Fetch-Dest": ("document",), "Sec-Fetch-Site": ("same-origin", "none")}


class ShortAddresses(httpserver.HTTPServer):
    """The HTTP server of the hub and of the board, which refuses long addresses and unknown methods."""

    def initialize(self, *args: Any, **options: Any) -> None:
        """Set up the server, without connections."""
        super().initialize(*args, **options)
        self.waiting: dict[Any, None] = {}

    def start_request(self, server_conn: Any, request_conn: Any) -> Any:
        """Return what receives a request, which chooses the limits when it has the headers."""
        delegate = super().start_request(server_conn, request_conn)
        received, finished = delegate.headers_received, delegate.finish
        self.waiting[server_conn] = None
        if len(self.waiting) > MOST_WAITING:
            oldest = next(iter(self.waiting))  # an honest one does not wait for long
            del self.waiting[oldest]
            oldest.stream.close()

        def headers_received(start_line: RequestStartLine, headers: HTTPHeaders) -> Any:
            # JupyterHub and Jupyter Server keep figures of each method until they end.
            if start_line.method not in web.RequestHandler.SUPPORTED_METHODS:
                raise HTTPInputError("The method is unknown")
            self.limit(request_conn, start_line, headers)
            return received(start_line, headers)

        def finish() -> None:
            self.waiting.pop(server_conn, None)
            finished()

        delegate.headers_received, delegate.finish = headers_received, finish
        return delegate

    def on_close(self, server_conn: Any) -> None:
        """Forget a connection."""
        self.waiting.pop(server_conn, None)
        super().on_close(server_conn)

    def limit(self, _: Any, start_line: RequestStartLine, headers: HTTPHeaders) -> None:
        """Raise HTTPInputError, which Tornado answers with 400, for a long address or token."""
        if len(start_line.path) + len(headers.get("Authorization", "")) > LONGEST_ADDRESS:
            raise HTTPInputError("The address is too long")


class Server(ShortAddresses):
    """The HTTP server of a person's Jupyter server, with limits for whoever has not logged in."""

    def initialize(self, *args: Any, **options: Any) -> None:
        """Set up the server with the limits of headers."""
        super().initialize(*args, **options | HEADERS)

    def limit(self, request_conn: Any, start_line: RequestStartLine, headers: HTTPHeaders) -> None:
        """Set the limits of a request's body. Raises HTTPInputError for a long address without a login."""
        if _logged_in(self.request_callback.settings, headers):
            request_conn.set_max_body_size(LOGGED_IN)
        else:
            super().limit(request_conn, start_line, headers)
            request_conn.set_max_body_size(LIMITS["max_body_size"])
            request_conn.set_body_timeout(LIMITS["body_timeout"])


def _logged_in(settings: dict[str, Any], headers: HTTPHeaders) -> bool:
    """Return whether a request has the cookie that only this server can sign; the hub is asked later."""
    name = settings["identity_provider"].hub_auth.cookie_name
    cookie = parse_cookie(headers.get("Cookie", "")).get(name)
    return web.decode_signed_value(settings["cookie_secret"], name, cookie) is not None


def deliberate(headers: HTTPHeaders) -> bool:
    """Return whether a person has opened a page, or sent its own form, rather than another page for them."""
    # Browsers say which page has sent a form, also those without the headers of DELIBERATE.
    origin = headers.get("Origin")
    own = origin is None or urlsplit(origin).netloc == headers.get("Host")
    return own and all(
        headers.get(name, values[0]) in values for name, values in DELIBERATE.items()
    )


def bound() -> None:
    """Bound what this process keeps of requests: a person's server, or the board."""
    remembered.by_a_server()
    # Nor does its log have the addresses and headers of requests: anybody can send any number.
    for name in ("access", "general"):
        logging.getLogger(f"tornado.{name}").setLevel(logging.CRITICAL)


def main() -> None:
    """Serve a person as `jupyterhub-singleuser` does: `python -m grader.workshop.before_login OPTIONS...`."""
    bound()
    httpserver.HTTPServer = Server  # jupyter_server has no setting for it
    from jupyterhub.singleuser import extension
    from jupyterhub.singleuser import main as serve
    from jupyterhub.utils import url_path_join

    class Logout(extension.JupyterHubLogoutHandler):
        async def prepare(self) -> None:
            if self.request.headers.get("Sec-Fetch-Dest", "document") != "document":
                raise web.HTTPError(403)
            if not deliberate(self.request.headers):
                # The hub's page has a button for it. JupyterLab's own logout comes here by the hub's address.
                hub = self.identity_provider.hub_auth
                return self.redirect(hub.hub_host + url_path_join(hub.hub_prefix, "home"))
            await super().prepare()

    extension.JupyterHubIdentityProvider.logout_handler_class = Logout
    serve()


if __name__ == "__main__":
    main()

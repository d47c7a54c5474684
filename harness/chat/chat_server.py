"""A server of an application on an address of this machine, until it is interrupted."""

from __future__ import annotations

import errno
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.middleware.trustedhost import TrustedHostMiddleware

from harness.chat.serving_key import LOOPBACK
from harness.errors import WrongUseError
from harness.serve.deployment import KEPT_S

NAMES = (*LOOPBACK, "[::1]")  # an address of IPv6 has brackets in the header Host
STOP_S = 5  # what clients have to read the rest of their answers when the server stops


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at the address; port 0 takes any free one. Raises WrongUseError."""
    try:
        # The address names TCP: asyncio switches Nagle's algorithm off only for sockets that do.
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise _unusable(host, port, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen()  # at once: until then another program may bind the same port
    except OSError as error:
        listener.close()
        raise _unusable(host, port, error) from error
    return listener


def _unusable(host: str, port: int, error: Exception) -> WrongUseError:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return WrongUseError(f"Port {port} is taken: stop the other program or choose another one.")
    return WrongUseError(
        f"{host}, port {port}, cannot be used ({error}): choose an address of this machine and a port from "
        "1024 to 65535, or 0 for any free one."
    )


def server(app: Starlette, host: str) -> uvicorn.Server:
    """Return the server for `app`, to be run with a socket from `listen`.

    At a loopback address it answers only to names of this machine, so that no web page reaches it by a name
    of its own (DNS rebinding).
    """
    if host in LOOPBACK:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(NAMES))
    return uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            timeout_keep_alive=KEPT_S,
            timeout_graceful_shutdown=STOP_S,
        )
    )

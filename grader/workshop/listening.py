"""The ports of a class's servers, which the hub binds before anybody has logged in and keeps until it ends.

Whoever has the port of the instructor's server before that server listens, or after it has died, receives
the instructor's requests, and their answers have the instructor's origin. No port is therefore ever free: a
server is started with its listening socket as an open file, which no other process of the class has.
"""

from __future__ import annotations

import errno
import os
import socket
import sys

from tornado import netutil

from grader.workshop.origins import LOOPBACK

BACKLOG = 128  # connections that wait until the server accepts them
_held: dict[str, socket.socket] = {}


def held(name: str, port: int = 0) -> socket.socket:
    """Return the socket that listens on a server's port; the first call chooses the port, if there is none.

    The port is this socket's until this process ends, also after a server has shut it down. Raises OSError
    if the port is not free.
    """
    if name not in _held:
        _held[name] = socket.create_server((LOOPBACK, port)) if port else _on_a_free_port()
    _held[name].listen(BACKLOG)  # again, if its server has shut it down
    return _held[name]


def _on_a_free_port() -> socket.socket:
    """Return a socket with a port that nobody else can take from it, whether it listens or not.

    When a socket is shut down, Linux frees a port that it has chosen itself, and lets another user's socket
    share one that was asked for with SO_REUSEADDR.
    """
    while True:
        with socket.socket() as free:
            free.bind((LOOPBACK, 0))
            address = free.getsockname()
        one = socket.socket()
        try:
            one.bind(address)
            return one
        except OSError as error:
            one.close()
            if error.errno != errno.EADDRINUSE:  # another program was quicker
                raise


def inherited(descriptor: int) -> socket.socket:
    """Return the listening socket that this process was started with. Its own children do not get it."""
    os.set_inheritable(descriptor, False)
    listener = socket.socket(fileno=descriptor)
    listener.setblocking(False)
    return listener


def lend(listener: socket.socket) -> None:
    """Give this socket to Tornado wherever it would bind the socket's port."""
    own, bind = listener.getsockname()[1], netutil.bind_sockets

    def bind_sockets(port: int, *options: object, **more: object) -> list[socket.socket]:
        return [listener.dup()] if port == own else bind(port, *options, **more)

    netutil.bind_sockets = bind_sockets


def main() -> None:
    """Serve a person: `python -m grader.workshop.listening DESCRIPTOR OPTIONS...`."""
    lend(inherited(int(sys.argv.pop(1))))
    # Only now: jupyter_server keeps the function that it imports.
    from grader.workshop import before_login

    before_login.main()


if __name__ == "__main__":
    main()

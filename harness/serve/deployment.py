"""A deployment: a context manager that serves an Assistant over HTTP with emulated distance."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from types import TracebackType

import uvicorn

from harness.assistant import Assistant
from harness.serve.app import create_app
from harness.serve.client import Client, ServeError
from harness.serve.network import AS_SHIPPED, Network
from harness.serve.wan import wan

HOST = "127.0.0.1"
KEPT_S = (
    600  # a user thinks for minutes between two questions; uvicorn's own 5 s are for many users
)
WAIT_S = 20.0  # far above the usual 0.1 s; only a start or an end that hangs reaches it


@dataclass
class Deployment:
    """A server for `assistant` behind `network`; entering yields the Client, leaving stops the server.

    port: the server's port; 0 takes any free one. Raises ServeError if the port is taken or cannot be used,
    if the start fails, or if the server does not stop.
    """

    assistant: Assistant
    network: Network = AS_SHIPPED
    port: int = 0
    _server: _Server = field(init=False, repr=False)
    _thread: threading.Thread = field(init=False, repr=False)

    def __enter__(self) -> Client:
        self._server = _Server(self.assistant, self.network, self.port)
        self._thread = threading.Thread(target=self._server.work, name="server", daemon=True)
        self._thread.start()
        try:
            return self._server.client.result(WAIT_S)
        except BaseException as error:
            self._server.should_exit = True  # a start that hangs may still succeed later
            if isinstance(error, ServeError | KeyboardInterrupt):
                raise
            raise ServeError(
                f"The server did not start ({type(error).__name__}: {error}): run `under500 doctor` to "
                "see what is missing."
            ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.client.result().close()
        self._server.should_exit = True
        self._thread.join(timeout=WAIT_S)
        if self._thread.is_alive() and error is None:
            raise ServeError(
                f"The server did not stop within {WAIT_S:g} s and may still use this machine: restart the "
                "program or the kernel before you measure."
            )


class _Server(uvicorn.Server):
    """uvicorn behind a network. client: set when both accept connections, or to what prevented it."""

    def __init__(self, assistant: Assistant, network: Network, port: int) -> None:
        app = create_app(assistant)
        super().__init__(
            uvicorn.Config(app, port=port, log_level="warning", timeout_keep_alive=KEPT_S)
        )
        self.network = network
        self.client: Future[Client] = Future()

    def work(self) -> None:
        """Serve until `should_exit` is set; the listening socket is closed whatever happens."""
        try:
            with closing(_listen(self.config.port)) as listener:
                self.config.port = listener.getsockname()[1]
                asyncio.run(self.serve([listener]))
        except BaseException as error:  # uvicorn ends some failed starts with SystemExit
            if self.client.done():
                raise
            self.client.set_exception(error)

    async def main_loop(self) -> None:
        """Open the network when uvicorn has started, and close it before uvicorn shuts down."""
        async with wan(HOST, self.config.port, self.network.rtt_ms) as port:
            self.client.set_result(Client(f"http://{HOST}:{port}", self.network))
            await super().main_loop()


def _listen(port: int) -> socket.socket:
    # The protocol is given because asyncio switches Nagle's algorithm off only for sockets that name TCP;
    # otherwise every small answer waits 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()  # at once: until then another program may bind the same port
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ServeError(
                f"Port {port} is taken: stop the other program or choose another port."
            ) from error
        if not isinstance(error, PermissionError):
            raise
        raise _unusable(port) from error
    except OverflowError as error:
        listener.close()
        raise _unusable(port) from error
    return listener


def _unusable(port: int) -> ServeError:
    return ServeError(
        f"Port {port} cannot be used: choose one from 1024 to 65535, or 0 for any free one."
    )

"""A deployment: a context manager that serves an Assistant over HTTP with emulated distance."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
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
START_S = 20.0  # far above the usual 0.1 s; only a failed start reaches it


@dataclass
class Deployment:
    """A server for `assistant` behind `network`; entering yields the Client, leaving stops the server.

    port: the server's port; 0 takes any free one. Raises ServeError if it is taken.
    """

    assistant: Assistant
    network: Network = AS_SHIPPED
    port: int = 0
    _thread: threading.Thread | None = field(default=None, init=False, repr=False)
    _stop: asyncio.Event | None = field(default=None, init=False, repr=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False, repr=False)
    _client: Client | None = field(default=None, init=False, repr=False)

    def __enter__(self) -> Client:
        listener = _listen(self.port)
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, ready)), name="server", daemon=True
        )
        self._thread.start()
        if not ready.wait(START_S) or self._client is None:
            raise ServeError(
                "The server did not start; run `under500 doctor` to see what is missing."
            )
        return self._client

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._client and self._loop and self._stop and self._thread:
            self._client.close()
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(timeout=START_S)

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        config = uvicorn.Config(
            create_app(self.assistant), log_level="warning", timeout_keep_alive=KEPT_S
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        async with wan(HOST, listener.getsockname()[1], self.network.rtt_ms) as port:
            self._client = Client(f"http://{HOST}:{port}", self.network)
            ready.set()
            await self._stop.wait()
        server.should_exit = True
        await serving


def _listen(port: int) -> socket.socket:
    # The protocol is given because asyncio switches Nagle's algorithm off only for sockets that name TCP;
    # otherwise every small answer waits 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise ServeError(
            f"Port {port} is taken: stop the other program or choose another port."
        ) from error
    return listener

import threading

import pytest

from harness.interview.llm.endpoint import Endpoint
from tests.unit.interview.llm.chat_server import TIMEOUT_S, Handler, Server


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Handler) as server:
        server.requests, server.over = [], threading.Event()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def endpoint(server):
    return Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "judge", TIMEOUT_S)
